//! Every statement of the authorizer. It reads through functions that are granted to it alone, and
//! owns no table.

use serde_json::Value;
use shared::db::Statement;
use shared::ids::{SessionId, UserId};
use time::OffsetDateTime;

shared::statements! {
    PUBLIC_KEYS = "
SELECT kid, jwk
FROM auth.public_keys()";

    SESSION_STATE = "
SELECT user_id, role, revoked, expires_at
FROM auth.session_state($1)";

    ENTITLEMENTS = "
SELECT plan, tier, requests_per_minute, requests_per_day
FROM billing.entitlements()";
}

/// A public key of the issuer.
pub struct PublicKey {
    /// Its name.
    pub kid: String,
    /// The key (RFC 7517).
    pub jwk: Value,
}

/// The public keys that still verify.
pub fn public_keys() -> Statement<Vec<PublicKey>> {
    Statement::new(PUBLIC_KEYS).many(|row| {
        Ok(PublicKey {
            kid: row.try_get("kid")?,
            jwk: row.try_get("jwk")?,
        })
    })
}

/// A session as it is now.
pub struct SessionState {
    /// Whose it is.
    pub user: UserId,
    /// What they may do now.
    pub role: String,
    /// Whether it was ended.
    pub revoked: bool,
    /// When it ends by itself.
    pub expires_at: OffsetDateTime,
}

/// The state of a session of the tenant.
pub fn session_state(id: SessionId) -> Statement<Option<SessionState>> {
    Statement::new(SESSION_STATE).bind(id).optional(|row| {
        Ok(SessionState {
            user: row.try_get("user_id")?,
            role: row.try_get("role")?,
            revoked: row.try_get("revoked")?,
            expires_at: row.try_get("expires_at")?,
        })
    })
}

/// What the tenant may use.
pub struct Entitlements {
    /// What billing sold it.
    pub plan: String,
    /// The isolation and service it gets.
    pub tier: String,
    /// Its limits as the functions read them.
    pub limits: String,
}

/// What the tenant may use.
pub fn entitlements() -> Statement<Entitlements> {
    Statement::new(ENTITLEMENTS).one(|row| {
        let minute: i32 = row.try_get("requests_per_minute")?;
        let day: i32 = row.try_get("requests_per_day")?;
        Ok(Entitlements {
            plan: row.try_get("plan")?,
            tier: row.try_get("tier")?,
            limits: format!("minute={minute},day={day}"),
        })
    })
}
