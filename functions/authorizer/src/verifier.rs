//! Whether a token is ours and still valid (RFC 9068, section 4; RFC 8725).

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header};
use shared::db::{Database, DbError};
use shared::token::{Claims, TOKEN_TYPE, TokenNames};
use time::OffsetDateTime;

use crate::event::Denial;
use crate::keys::Keys;

/// The one algorithm. A token does not get to choose how it is verified.
const ALGORITHM: Algorithm = Algorithm::RS256;
/// How far the clocks of issuer and verifier may be apart, in seconds.
const LEEWAY_SECS: u64 = 5;

/// Verifies access tokens.
pub struct Verifier {
    keys: Keys,
    validation: Validation,
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
        validation.leeway = LEEWAY_SECS;
        Self {
            keys: Keys::default(),
            validation,
        }
    }

    /// The claims of a token whose signature, names and times are right.
    pub async fn verify(
        &self,
        db: &Database,
        token: &str,
        now: OffsetDateTime,
    ) -> Result<Claims, VerifyError> {
        let header = decode_header(token).or(Err(VerifyError::Denied(Denial::InvalidToken)))?;
        let kid = acceptable(&header).ok_or(VerifyError::Denied(Denial::InvalidToken))?;
        let key = self.keys.find(db, kid, now).await?;
        let key = key.ok_or(VerifyError::Denied(Denial::InvalidToken))?;
        match decode::<Claims>(token, &key, &self.validation) {
            Ok(token) => Ok(token.claims),
            Err(error) => Err(VerifyError::Denied(match error.kind() {
                ErrorKind::ExpiredSignature => Denial::ExpiredToken,
                _ => Denial::InvalidToken,
            })),
        }
    }
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
