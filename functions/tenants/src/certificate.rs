//! The proof of a purge: a signed document (RFC 7515) that anyone can check with the issuer's
//! published keys.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use shared::ids::TenantId;
use shared::signing::SigningKey;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::TenantsError;

/// What a certificate is, so that it never passes for a token.
pub const CERTIFICATE_TYPE: &str = "purge-certificate+jwt";

#[derive(Debug, Serialize)]
struct Claims<'a> {
    /// The issuer's name.
    iss: &'a str,
    /// The tenant.
    sub: TenantId,
    /// When it was issued, in seconds since the epoch.
    iat: i64,
    /// The certificate's own identity.
    jti: Uuid,
    /// When the purge began, in seconds since the epoch.
    begun_at: i64,
    /// Rows by table.
    tables: BTreeMap<&'a str, Rows<'a>>,
    /// Objects in the bucket after it.
    objects_left: u32,
    /// Counters in the table of limits after it.
    counters_left: u32,
}

#[derive(Debug, Serialize)]
struct Rows<'a> {
    /// When the purge began.
    found: &'a Value,
    /// After it.
    left: u32,
}

/// Signs that nothing is left of what was `found`: the caller has removed it all, and the database
/// accepts the certificate only while it finds no row.
pub(crate) fn sign(
    key: &SigningKey,
    issuer: &str,
    tenant: TenantId,
    begun_at: OffsetDateTime,
    now: OffsetDateTime,
    found: &Value,
) -> Result<String, TenantsError> {
    let found = found.as_object().into_iter().flatten();
    let rows = |found| Rows { found, left: 0 };
    let claims = Claims {
        iss: issuer,
        sub: tenant,
        iat: now.unix_timestamp(),
        jti: Uuid::new_v4(),
        begun_at: begun_at.unix_timestamp(),
        tables: found
            .map(|(name, count)| (name.as_str(), rows(count)))
            .collect(),
        objects_left: 0,
        counters_left: 0,
    };
    Ok(key.sign(CERTIFICATE_TYPE, &claims)?)
}
