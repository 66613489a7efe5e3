//! Refresh tokens: opaque, used once, and kept as a hash only.
//!
//! ```text
//! rt_ base64url( tenant's UUID, 16 bytes │ secret, 32 bytes )
//! ```
//!
//! The tenant stands in the token so that its hash can be looked up inside that tenant. A token
//! with another tenant written into it is another text with another hash, which nobody has stored.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::ids::TenantId;
use shared::tenant::Tenant;
use uuid::Uuid;

use crate::error::AuthError;

/// What every refresh token begins with, so that a leaked one is recognised by scanners.
pub const PREFIX: &str = "rt_";
/// The random part, in bytes: nobody guesses 256 bits.
pub const SECRET_BYTES: usize = 32;
const TENANT_BYTES: usize = 16;
const TOKEN_BYTES: usize = TENANT_BYTES + SECRET_BYTES;

/// A refresh token. Its text is a credential: there is no `Debug`.
pub struct RefreshToken {
    tenant: TenantId,
    text: String,
}

impl RefreshToken {
    /// A random one.
    pub fn new(tenant: TenantId) -> Result<Self, AuthError> {
        Ok(Self::of(tenant, &random()?))
    }

    fn of(tenant: TenantId, secret: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(TOKEN_BYTES);
        bytes.extend_from_slice(tenant.as_uuid().as_bytes());
        bytes.extend_from_slice(secret);
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
        Self { tenant, text }
    }

    /// Reads one; `None` for anything that was never one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(PREFIX)?;
        let mut bytes = [0; TOKEN_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(encoded, &mut bytes).ok()?;
        let tenant = bytes.first_chunk::<TENANT_BYTES>()?;
        (length == TOKEN_BYTES).then(|| Self {
            tenant: TenantId::from(Uuid::from_bytes(*tenant)),
            text: text.to_owned(),
        })
    }

    /// The tenant to look it up in, which is all that this opens: whoever made the tenant up
    /// finds no row there.
    pub fn tenant(&self) -> Tenant {
        Tenant::vouched_for(self.tenant)
    }

    /// What is stored of it. A plain hash will do: there is nothing to guess in 256 random bits.
    pub fn hash(&self) -> Vec<u8> {
        digest(&SHA256, self.text.as_bytes()).as_ref().to_vec()
    }

    /// The token that follows it: the same one each time, for whoever holds both this token and
    /// the salt of its row. So an answer that got lost can be given again, from hashes alone.
    #[must_use]
    pub fn successor(&self, salt: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, salt);
        let secret = hmac::sign(&key, self.text.as_bytes());
        Self::of(self.tenant, secret.as_ref())
    }

    /// The text that the caller gets.
    pub fn into_text(self) -> String {
        self.text
    }
}

/// A salt for a token's row.
pub fn salt() -> Result<Vec<u8>, AuthError> {
    random().map(|bytes| bytes.to_vec())
}

fn random() -> Result<[u8; SECRET_BYTES], AuthError> {
    let mut bytes = [0; SECRET_BYTES];
    rand::fill(&mut bytes).map_err(|Unspecified| AuthError::crypto(NoRandomness))?;
    Ok(bytes)
}

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("no random bytes")]
struct NoRandomness;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_nothing_else_does() {
        let tenant = TenantId::new();
        let text = RefreshToken::of(tenant, &[7; SECRET_BYTES]).into_text();
        assert_eq!(text.len(), 67);
        let token = RefreshToken::parse(&text);
        assert_eq!(token.map(|token| token.tenant().id()), Some(tenant));
        let cut = text.get(..text.len() - 1).unwrap_or_default();
        for other in [
            "",
            "rt_",
            cut,
            &format!("{text}A"),
            &format!("{text}="),
            &text.replacen("rt_", "", 1),
            &text.replacen("rt_", "rt_+", 1),
            &format!(" {text}"),
        ] {
            assert!(RefreshToken::parse(other).is_none(), "for {other:?}");
        }
    }

    #[test]
    fn a_successor_needs_the_token_and_the_salt() {
        let tenant = TenantId::new();
        let token = RefreshToken::of(tenant, &[1; SECRET_BYTES]);
        let next = token.successor(&[2; SECRET_BYTES]);
        assert_eq!(next.hash(), token.successor(&[2; SECRET_BYTES]).hash());
        assert_ne!(next.hash(), token.successor(&[3; SECRET_BYTES]).hash());
        let other = RefreshToken::of(tenant, &[4; SECRET_BYTES]);
        assert_ne!(next.hash(), other.successor(&[2; SECRET_BYTES]).hash());
        assert_eq!(next.tenant().id(), tenant);
    }
}
