//! What is public about this issuer: shapes that standards fix, so every version has the same.

use serde::Serialize;
use serde_json::Value;

use crate::domain::Grant;

/// A successful token response (RFC 6749, section 5.1), with whom it is for.
#[derive(Serialize)]
pub struct TokenResponse {
    tenant_id: shared::ids::TenantId,
    user_id: shared::ids::UserId,
    access_token: String,
    token_type: &'static str,
    expires_in: u32,
    refresh_token: String,
}

impl From<Grant> for TokenResponse {
    fn from(grant: Grant) -> Self {
        Self {
            tenant_id: grant.tenant,
            user_id: grant.user,
            access_token: grant.access_token,
            token_type: "Bearer",
            expires_in: grant.expires_in_secs,
            refresh_token: grant.refresh_token,
        }
    }
}

/// The public keys (RFC 7517, section 5).
#[derive(Serialize)]
pub struct JwkSet {
    /// One for each key that still verifies.
    pub keys: Vec<Value>,
}

/// The issuer's metadata (OpenID Connect Discovery 1.0, section 3, and RFC 8414, section 2), as far
/// as a verifier of access tokens needs it: there is no authorization endpoint.
#[derive(Serialize)]
pub struct Discovery {
    issuer: String,
    jwks_uri: String,
    response_types_supported: [&'static str; 0],
    grant_types_supported: [&'static str; 0],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
}

impl Discovery {
    /// The metadata of `issuer`, whose documents are found below its URL.
    pub fn of(issuer: &str) -> Self {
        let base = issuer.trim_end_matches('/');
        Self {
            issuer: issuer.to_owned(),
            jwks_uri: format!("{base}/.well-known/jwks.json"),
            response_types_supported: [],
            grant_types_supported: [],
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: ["RS256"],
        }
    }
}
