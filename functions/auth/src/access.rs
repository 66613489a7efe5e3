//! Access tokens, and the key that signs them.

use shared::config::{self, ConfigError};
use shared::db::Database;
use shared::ids::{SessionId, TenantId, UserId};
use shared::signing::SigningKey;
use shared::tenant::Role;
use shared::token::{Claims, TOKEN_TYPE, TokenNames};
use time::OffsetDateTime;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::error::AuthError;
use crate::store;

/// How long an access token lasts when nothing else is said, in seconds.
const SECONDS_DEFAULT: u32 = 600;
/// The longest that it may last, in seconds.
const SECONDS_MAX: u32 = 3_600;

/// Whom a token is for.
#[derive(Debug, Clone, Copy)]
pub struct Subject {
    /// The tenant.
    pub tenant: TenantId,
    /// The person.
    pub user: UserId,
    /// Their login.
    pub session: SessionId,
    /// What they may do.
    pub role: Role,
}

/// What issues access tokens.
pub struct AccessTokens {
    names: TokenNames,
    seconds: u32,
    pem: String,
    key: OnceCell<SigningKey>,
}

impl AccessTokens {
    /// Reads `TOKEN_ISSUER`, `TOKEN_AUDIENCE`, `ACCESS_TOKEN_SECONDS` and `TOKEN_SIGNING_KEY`.
    pub fn from_env() -> Result<Self, ConfigError> {
        let seconds = config::parsed("ACCESS_TOKEN_SECONDS", SECONDS_DEFAULT)?;
        if !(1..=SECONDS_MAX).contains(&seconds) {
            return Err(ConfigError::Invalid {
                name: "ACCESS_TOKEN_SECONDS",
                reason: format!("must be 1 to {SECONDS_MAX}"),
            });
        }
        let pem = config::required("TOKEN_SIGNING_KEY")?;
        Ok(Self::new(TokenNames::from_env()?, seconds, pem))
    }

    /// Issues with `pem`, an RSA private key of at least 2048 bits in PKCS#8.
    pub fn new(names: TokenNames, seconds: u32, pem: String) -> Self {
        Self {
            names,
            seconds,
            pem,
            key: OnceCell::new(),
        }
    }

    /// The issuer's name.
    pub fn issuer(&self) -> &str {
        &self.names.issuer
    }

    /// How long a token lasts, in seconds.
    pub fn seconds(&self) -> u32 {
        self.seconds
    }

    /// Reads the key and publishes its public half, unless this instance has done both before.
    pub async fn publish(&self, db: &Database) -> Result<(), AuthError> {
        self.published(db).await.map(drop)
    }

    /// Issues a token. What signs it has been published before, so that whoever gets the token
    /// finds the key.
    pub async fn issue(
        &self,
        db: &Database,
        subject: Subject,
        now: OffsetDateTime,
    ) -> Result<String, AuthError> {
        let key = self.published(db).await?;
        let iat = now.unix_timestamp();
        let claims = Claims {
            iss: self.names.issuer.clone(),
            aud: self.names.audience.clone(),
            sub: subject.user,
            tid: subject.tenant,
            sid: subject.session,
            role: subject.role.as_str().to_owned(),
            iat,
            exp: iat.saturating_add(i64::from(self.seconds)),
            jti: Uuid::new_v4(),
        };
        key.sign(TOKEN_TYPE, &claims).map_err(AuthError::crypto)
    }

    async fn published(&self, db: &Database) -> Result<&SigningKey, AuthError> {
        let publish = async || {
            let key = SigningKey::from_pem(&self.pem).map_err(AuthError::crypto)?;
            let publish = store::publish_key(key.kid(), key.public().clone());
            db.without_tenant(publish).await?;
            Ok(key)
        };
        self.key.get_or_try_init(publish).await
    }
}
