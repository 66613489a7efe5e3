//! Login: an e-mail address and a password in, a new session out.

use shared::ids::TenantId;
use shared::limits::{OnFailure, Scope, Verdict as Limit};
use shared::quota::{Quotas, Window};
use shared::tenant::Tenant;

use crate::access::Subject;
use crate::audit;
use crate::domain::{Email, Grant, LogIn};
use crate::error::AuthError;
use crate::password::Verdict;
use crate::refresh_token::RefreshToken;
use crate::session::Session;
use crate::state::Auth;
use crate::store::{self, Login, NewRefreshToken};

/// How often one account can be tried in an hour, from wherever: enough for a forgetful person,
/// too little to guess a password of twelve characters.
const ATTEMPTS_PER_HOUR: u32 = 30;
/// What one attempt counts.
const ATTEMPT_COST: u32 = 1;

impl Auth {
    /// Logs a person in to one of their tenants.
    ///
    /// An account that does not exist and a password that is wrong take as long and get the same
    /// answer.
    pub async fn log_in(
        &self,
        log_in: LogIn,
        user_agent: Option<String>,
    ) -> Result<Grant, AuthError> {
        self.count_attempt(&log_in.email).await?;
        let find = store::find_login(log_in.email.as_str());
        let logins = self.app.db.without_tenant(find).await?;
        let kept = logins.first().map(|login| login.password_hash.clone());
        let verdict = self.passwords.verify(log_in.password, kept).await?;
        let Verdict::Right { stronger } = verdict else {
            return Err(AuthError::InvalidCredentials);
        };
        let login = choose(logins, log_in.tenant).ok_or(AuthError::NotAMember)?;
        self.tokens.publish(&self.app.db).await?;

        let now = self.app.clock.now();
        // The password proved the person, and the membership the tenant.
        let tenant = Tenant::vouched_for(login.tenant);
        let session = Session::begin(login.user, user_agent, now);
        let refresh = RefreshToken::new(login.tenant)?;
        let work = (
            (
                store::insert_session(&session),
                audit::session_started(&session),
            ),
            store::insert_refresh_token(NewRefreshToken::first(&refresh, &session)?),
            stronger.map(|hash| store::rehash_password(login.user, hash)),
        );
        // A suspended tenant is refused here, at the one door.
        self.app.db.write(tenant, work).await?;

        let subject = Subject {
            tenant: login.tenant,
            user: login.user,
            session: session.id,
            role: login.role,
        };
        self.grant(subject, refresh, now).await
    }

    /// Holds an account to its attempts, before anything is hashed. Without a counter there is no
    /// login: guessing must not become free.
    async fn count_attempt(&self, email: &Email) -> Result<(), AuthError> {
        let scope = Scope::account(email.as_str());
        let quotas = Quotas::per(Window::Hour, ATTEMPTS_PER_HOUR);
        let limits = &self.app.limits;
        match limits
            .check(&scope, &quotas, ATTEMPT_COST, OnFailure::Closed)
            .await
        {
            Limit::Allow { .. } => Ok(()),
            Limit::Deny {
                retry_after_secs, ..
            } => Err(AuthError::TooManyAttempts { retry_after_secs }),
            Limit::Unavailable => Err(AuthError::Unavailable),
        }
    }
}

/// The tenant that was asked for, or else the oldest membership that can be used, or else the
/// oldest: its refusal says why.
fn choose(logins: Vec<Login>, wanted: Option<TenantId>) -> Option<Login> {
    let position = match wanted {
        Some(tenant) => logins.iter().position(|login| login.tenant == tenant)?,
        None => logins.iter().position(|login| login.active).unwrap_or(0),
    };
    logins.into_iter().nth(position)
}
