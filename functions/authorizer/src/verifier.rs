//! Whether a token is ours and still valid (RFC 9068, section 4; RFC 8725).

use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header};
use shared::db::{Database, DbError};
use shared::token::{Claims, TOKEN_TYPE, TokenNames};
use time::{Duration, OffsetDateTime};

use crate::event::Denial;
use crate::keys::Keys;
use crate::verified::Verified;

/// The one algorithm. A token does not get to choose how it is verified.
const ALGORITHM: Algorithm = Algorithm::RS256;
/// How far the clocks of issuer and verifier may be apart, in seconds.
const LEEWAY_SECS: u32 = 5;

/// Verifies access tokens.
pub struct Verifier {
    keys: Keys,
    validation: Validation,
    verified: Verified,
}

/// Why there are no claims.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The token is not good enough.
    #[error("token denied: {}", .0.as_str())]
    Denied(Denial),
    /// The keys are out of reach.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl Verifier {
    /// Verifies tokens that carry these names.
    pub fn new(names: &TokenNames) -> Self {
        let mut validation = Validation::new(ALGORITHM);
        validation.set_issuer(&[&names.issuer]);
        validation.set_audience(&[&names.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY_SECS.into();
        // Here, because a token that was verified before expires as well.
        validation.validate_exp = false;
        Self {
            keys: Keys::default(),
            validation,
            verified: Verified::new(),
        }
    }

    /// The claims of a token whose signature, names and times are right.
    pub async fn verify(
        &self,
        db: &Database,
        token: &str,
        now: OffsetDateTime,
    ) -> Result<Claims, VerifyError> {
        if let Some(claims) = self.verified.find(token, now) {
            return Ok(claims);
        }
        let header = decode_header(token).or(Err(VerifyError::Denied(Denial::InvalidToken)))?;
        let kid = acceptable(&header).ok_or(VerifyError::Denied(Denial::InvalidToken))?;
        let found = self.keys.find(db, kid, now).await?;
        let found = found.ok_or(VerifyError::Denied(Denial::InvalidToken))?;
        let claims = match decode::<Claims>(token, &found.key, &self.validation) {
            Ok(token) => token.claims,
            Err(_unlike_ours) => return Err(VerifyError::Denied(Denial::InvalidToken)),
        };
        let expires_at = expiry(&claims).ok_or(VerifyError::Denied(Denial::InvalidToken))?;
        if now >= expires_at {
            return Err(VerifyError::Denied(Denial::ExpiredToken));
        }
        self.verified
            .remember(token, &claims, expires_at.min(found.until));
        Ok(claims)
    }
}

/// When a token ends for us, the leeway included.
fn expiry(claims: &Claims) -> Option<OffsetDateTime> {
    let exp = OffsetDateTime::from_unix_timestamp(claims.exp).ok()?;
    exp.checked_add(Duration::seconds(LEEWAY_SECS.into()))
}

/// The key's name, if the header is that of an access token of ours.
///
/// Another algorithm, `none` among them, ends here: a public key must never be taken for the secret
/// of an HMAC. So does `crit` (RFC 7515, section 4.1.11), of which we understand nothing.
fn acceptable(header: &Header) -> Option<&str> {
    let typ = header.typ.as_deref()?;
    let named = typ.eq_ignore_ascii_case(TOKEN_TYPE)
        || typ
            .strip_prefix("application/")
            .is_some_and(|typ| typ.eq_ignore_ascii_case(TOKEN_TYPE));
    let plain = header.alg == ALGORITHM && header.crit.is_none();
    (named && plain).then_some(header.kid.as_deref()?)
}
