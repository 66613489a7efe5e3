//! Every statement of this domain, next to the row it yields.

use serde_json::Value;
use shared::db::Statement;
use shared::ids::{SessionId, TenantId, UserId};
use shared::tenant::Role;
use time::OffsetDateTime;
use tokio_postgres::Row;

use crate::domain::{Account, Founder};
use crate::error::AuthError;
use crate::refresh_token::{self, RefreshToken};
use crate::session::Session;

shared::statements! {
    CREATE_TENANT = "
SELECT app.create_tenant($1, $2)";

    CREATE_USER = "
SELECT auth.create_user($1, $2, $3, $4)";

    INSERT_MEMBERSHIP = "
INSERT INTO memberships (user_id, role, created_at)
VALUES ($1, $2, $3)";

    INSERT_SESSION = "
INSERT INTO sessions (id, user_id, user_agent, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5)";

    EXTEND_SESSION = "
UPDATE sessions
SET expires_at = $2
WHERE id = $1";

    INSERT_REFRESH_TOKEN = "
INSERT INTO refresh_tokens (hash, session_id, salt, issued_at, expires_at)
VALUES ($1, $2, $3, $4, $5)";

    FIND_REFRESH_TOKEN = "
SELECT t.session_id, t.salt, t.expires_at, t.used_at,
       s.user_id, s.created_at AS session_created_at, s.revoked_at, m.role
FROM refresh_tokens AS t
JOIN sessions AS s ON s.id = t.session_id
JOIN memberships AS m ON m.user_id = s.user_id
WHERE t.hash = $1
FOR NO KEY UPDATE OF t, s";

    IS_REFRESH_TOKEN_USED = "
SELECT used_at IS NOT NULL AS is_used
FROM refresh_tokens
WHERE hash = $1";

    USE_REFRESH_TOKEN = "
UPDATE refresh_tokens
SET used_at = $2
WHERE hash = $1";

    FIND_LOGIN = "
SELECT user_id, password_hash, tenant_id, tenant_status, role
FROM auth.find_login($1)";

    REHASH_PASSWORD = "
SELECT auth.rehash_password($1, $2)";

    FIND_USER = "
SELECT email, name
FROM auth.find_user($1)";

    PUBLISH_KEY = "
SELECT auth.publish_key($1, $2)";

    PUBLIC_KEYS = "
SELECT jwk
FROM auth.public_keys()";
}

/// Founds a tenant.
pub fn create_tenant(id: TenantId, name: &str) -> Statement<()> {
    Statement::new(CREATE_TENANT)
        .bind(id)
        .bind(name.to_owned())
        .one(|_| Ok(()))
}

/// Adds an account.
pub fn create_user(id: UserId, founder: &Founder, password_hash: String) -> Statement<u64> {
    Statement::new(CREATE_USER)
        .bind(id)
        .bind(founder.email.as_str().to_owned())
        .bind(password_hash)
        .bind(founder.name.clone())
}

/// Makes a person a member of the tenant.
pub fn insert_membership(user: UserId, role: Role, now: OffsetDateTime) -> Statement<u64> {
    Statement::new(INSERT_MEMBERSHIP)
        .bind(user)
        .bind(role.as_str())
        .bind(now)
}

/// Adds a session.
pub fn insert_session(session: &Session) -> Statement<u64> {
    Statement::new(INSERT_SESSION)
        .bind(session.id)
        .bind(session.user)
        .bind(session.user_agent.clone())
        .bind(session.created_at)
        .bind(session.expires_at)
}

/// Lets a session last until `expires_at`.
pub fn extend_session(id: SessionId, expires_at: OffsetDateTime) -> Statement<u64> {
    Statement::new(EXTEND_SESSION).bind(id).bind(expires_at)
}

/// What is stored of a refresh token that has not been used.
pub struct NewRefreshToken {
    /// Its hash.
    pub hash: Vec<u8>,
    /// What its successor will be derived with.
    pub salt: Vec<u8>,
    /// The login it extends.
    pub session: SessionId,
    /// When it was issued.
    pub issued_at: OffsetDateTime,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

impl NewRefreshToken {
    /// A token issued `now`, with a salt of its own.
    pub fn new(
        token: &RefreshToken,
        session: SessionId,
        now: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> Result<Self, AuthError> {
        Ok(Self {
            hash: token.hash(),
            salt: refresh_token::salt()?,
            session,
            issued_at: now,
            expires_at,
        })
    }

    /// The first token of a session.
    pub fn first(token: &RefreshToken, session: &Session) -> Result<Self, AuthError> {
        Self::new(token, session.id, session.created_at, session.expires_at)
    }
}

/// Adds a refresh token.
pub fn insert_refresh_token(token: NewRefreshToken) -> Statement<u64> {
    Statement::new(INSERT_REFRESH_TOKEN)
        .bind(token.hash)
        .bind(token.session)
        .bind(token.salt)
        .bind(token.issued_at)
        .bind(token.expires_at)
}

/// A refresh token as stored, with the login it belongs to.
pub struct StoredRefreshToken {
    /// The login.
    pub session: SessionId,
    /// What its successor is derived with.
    pub salt: Vec<u8>,
    /// When it ends.
    pub expires_at: OffsetDateTime,
    /// When it was used.
    pub used_at: Option<OffsetDateTime>,
    /// Whose login.
    pub user: UserId,
    /// When the login began.
    pub session_created_at: OffsetDateTime,
    /// Whether the login was ended.
    pub revoked: bool,
    /// What the person may do now.
    pub role: Role,
}

/// Looks a refresh token up, and makes others who present it wait until this transaction ends.
pub fn find_refresh_token(hash: Vec<u8>) -> Statement<Option<StoredRefreshToken>> {
    Statement::new(FIND_REFRESH_TOKEN)
        .bind(hash)
        .optional(refresh_token)
}

fn refresh_token(row: &Row) -> Result<StoredRefreshToken, tokio_postgres::Error> {
    let revoked_at: Option<OffsetDateTime> = row.try_get("revoked_at")?;
    Ok(StoredRefreshToken {
        session: row.try_get("session_id")?,
        salt: row.try_get("salt")?,
        expires_at: row.try_get("expires_at")?,
        used_at: row.try_get("used_at")?,
        user: row.try_get("user_id")?,
        session_created_at: row.try_get("session_created_at")?,
        revoked: revoked_at.is_some(),
        role: role(row)?,
    })
}

/// Whether a refresh token was used; `None` when there is none such. It waits for nobody: whoever
/// uses a token holds its session, as the caller does here.
pub fn is_refresh_token_used(hash: Vec<u8>) -> Statement<Option<bool>> {
    Statement::new(IS_REFRESH_TOKEN_USED)
        .bind(hash)
        .optional(|row| row.try_get("is_used"))
}

/// Marks a refresh token as used.
pub fn use_refresh_token(hash: Vec<u8>, now: OffsetDateTime) -> Statement<u64> {
    Statement::new(USE_REFRESH_TOKEN).bind(hash).bind(now)
}

/// One tenant that an account can log in to.
pub struct Login {
    /// The person.
    pub user: UserId,
    /// What is kept of their password.
    pub password_hash: String,
    /// The tenant.
    pub tenant: TenantId,
    /// Whether the tenant lets anybody in at present.
    pub active: bool,
    /// What the person may do there.
    pub role: Role,
}

/// Everything an e-mail address can log in to, oldest membership first.
pub fn find_login(email: &str) -> Statement<Vec<Login>> {
    Statement::new(FIND_LOGIN)
        .bind(email.to_owned())
        .many(|row| {
            let status: &str = row.try_get("tenant_status")?;
            Ok(Login {
                user: row.try_get("user_id")?,
                password_hash: row.try_get("password_hash")?,
                tenant: row.try_get("tenant_id")?,
                active: status == "active",
                role: role(row)?,
            })
        })
}

/// Keeps a stronger hash of a password.
pub fn rehash_password(user: UserId, password_hash: String) -> Statement<u64> {
    Statement::new(REHASH_PASSWORD)
        .bind(user)
        .bind(password_hash)
}

/// Looks up a member of the tenant.
pub fn find_user(id: UserId) -> Statement<Option<Account>> {
    Statement::new(FIND_USER).bind(id).optional(|row| {
        Ok(Account {
            email: row.try_get("email")?,
            name: row.try_get("name")?,
        })
    })
}

/// Adds a public key, unless it is there.
pub fn publish_key(kid: &str, jwk: Value) -> Statement<u64> {
    Statement::new(PUBLISH_KEY).bind(kid.to_owned()).bind(jwk)
}

/// The public keys that still verify, newest first.
pub fn public_keys() -> Statement<Vec<Value>> {
    Statement::new(PUBLIC_KEYS).many(|row| row.try_get("jwk"))
}

fn role(row: &Row) -> Result<Role, tokio_postgres::Error> {
    let word: &str = row.try_get("role")?;
    // The table's CHECK admits nothing else.
    Ok(word.parse().unwrap_or(Role::Member))
}
