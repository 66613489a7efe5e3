//! What an access token says (RFC 9068). Who may sign or verify one is not known here.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::config::{self, ConfigError};
use crate::ids::{SessionId, TenantId, UserId};

/// The media type in a token's header (RFC 9068, section 2.1): no other kind of token passes for
/// an access token.
pub const TOKEN_TYPE: &str = "at+jwt";

/// The claims of an access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// The person.
    pub sub: UserId,
    /// The tenant.
    pub tid: TenantId,
    /// The session, which may end before the token does.
    pub sid: SessionId,
    /// The person's role when the token was issued. The authorizer asks for the present one.
    pub role: String,
    /// When it was issued, in seconds since the epoch.
    pub iat: i64,
    /// When it ends, in seconds since the epoch.
    pub exp: i64,
    /// The token's own identity.
    pub jti: Uuid,
}

/// The two names that issuer and verifier of a token have to agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenNames {
    /// `iss`: a URL below which the issuer's documents are found (RFC 8414, section 3).
    pub issuer: String,
    /// `aud`: this API.
    pub audience: String,
}

impl TokenNames {
    /// Reads `TOKEN_ISSUER` and `TOKEN_AUDIENCE`.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            issuer: config::required("TOKEN_ISSUER")?,
            audience: config::required("TOKEN_AUDIENCE")?,
        })
    }
}
