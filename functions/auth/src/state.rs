//! What this function's handlers have at hand.

use std::sync::Arc;

use axum::extract::FromRef;
use shared::config::ConfigError;
use shared::state::App;
use time::OffsetDateTime;

use crate::access::{AccessTokens, Subject};
use crate::domain::Grant;
use crate::error::AuthError;
use crate::password::Hasher;
use crate::refresh_token::RefreshToken;

/// Database, limits, passwords and tokens. Cheap to clone.
#[derive(Clone)]
pub struct Auth {
    /// What every function has.
    pub app: App,
    /// What hashes passwords.
    pub passwords: Hasher,
    /// What issues access tokens.
    pub tokens: Arc<AccessTokens>,
}

impl Auth {
    /// Reads what [`App::from_env`] and [`AccessTokens::from_env`] read.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(App::from_env()?, AccessTokens::from_env()?))
    }

    /// From its parts.
    pub fn new(app: App, tokens: AccessTokens) -> Self {
        Self {
            app,
            passwords: Hasher::default(),
            tokens: Arc::new(tokens),
        }
    }

    /// The grant for a session that is stored already.
    pub(crate) async fn grant(
        &self,
        subject: Subject,
        refresh: RefreshToken,
        now: OffsetDateTime,
    ) -> Result<Grant, AuthError> {
        Ok(Grant {
            tenant: subject.tenant,
            user: subject.user,
            access_token: self.tokens.issue(&self.app.db, subject, now).await?,
            expires_in_secs: self.tokens.seconds(),
            refresh_token: refresh.into_text(),
        })
    }
}

impl FromRef<Auth> for App {
    fn from_ref(auth: &Auth) -> Self {
        auth.app.clone()
    }
}
