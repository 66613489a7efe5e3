//! Refresh: a refresh token in, its successor and a new access token out.
//!
//! A token is used once (RFC 9700, section 4.14.2). Presented again within [`GRACE_SECS`], it gets
//! the same successor, because the first answer may have been lost. Presented again later, or after
//! its successor was used, which shows that the answer did arrive, somebody has a copy, and the
//! whole session ends.

use shared::db::{Access, DbError, Refusal, Transaction, Work};
use time::{Duration, OffsetDateTime};

use crate::access::Subject;
use crate::audit;
use crate::domain::Grant;
use crate::error::AuthError;
use crate::refresh_token::RefreshToken;
use crate::session;
use crate::state::Auth;
use crate::store::{self, NewRefreshToken, StoredRefreshToken};

/// How long a used token still gets its successor, in seconds, unless the successor was used.
///
/// A caller notices that an answer was lost only when their own time-out has passed, often half a
/// minute, and the function alone may take 15 s: a shorter grace would end the sessions of people
/// whose network is bad.
pub const GRACE_SECS: i64 = 60;
/// Why a session ended whose token came twice.
const REUSED: &str = "refresh_reuse";

/// What a refresh came to. A refusal is an outcome and no error, because what it changed is kept.
enum Outcome {
    Refused,
    Granted {
        stored: StoredRefreshToken,
        successor: RefreshToken,
    },
}

impl Auth {
    /// Exchanges a refresh token.
    pub async fn refresh(&self, text: &str) -> Result<Grant, AuthError> {
        let token = RefreshToken::parse(text).ok_or(AuthError::InvalidRefreshToken)?;
        self.tokens.publish(&self.app.db).await?;
        let now = self.app.clock.now();
        let tenant = token.tenant();
        let outcome = self
            .app
            .db
            .transaction(tenant, Access::Write, async |transaction| {
                exchange(transaction, &token, now).await
            })
            .await;
        let (stored, successor) = match outcome {
            Ok(Outcome::Granted { stored, successor }) => (stored, successor),
            Ok(Outcome::Refused) | Err(AuthError::Database(DbError::Refused(Refusal::Unknown))) => {
                return Err(AuthError::InvalidRefreshToken);
            }
            Err(error) => return Err(error),
        };
        let subject = Subject {
            tenant: tenant.id(),
            user: stored.user,
            session: stored.session,
            role: stored.role,
        };
        self.grant(subject, successor, now).await
    }
}

/// Uses up `token`. Its row is locked from the first statement on, so of two callers who present
/// it at once the second one finds it used, and gets what the first one got.
async fn exchange(
    transaction: &mut Transaction<'_>,
    token: &RefreshToken,
    now: OffsetDateTime,
) -> Result<Outcome, AuthError> {
    let find = store::find_refresh_token(token.hash());
    let Some(stored) = transaction.run(find).await? else {
        return Ok(Outcome::Refused);
    };
    if stored.revoked || stored.expires_at <= now {
        return Ok(Outcome::Refused);
    }
    let successor = token.successor(&stored.salt);
    match stored.used_at {
        None => {
            let work = rotate(token, &successor, &stored, now)?;
            transaction.finish(work).await?;
        }
        Some(used_at) if is_answer_lost(transaction, &successor, used_at, now).await? => {
            tracing::info!(session.id = %stored.session, "lost answer to a refresh given again");
        }
        Some(_) => {
            let revoke = audit::end_session(stored.session, REUSED, None, now);
            transaction.finish(revoke).await?;
            tracing::warn!(session.id = %stored.session, "refresh token came twice, session ended");
            return Ok(Outcome::Refused);
        }
    }
    Ok(Outcome::Granted { stored, successor })
}

/// Whether the answer to a token used at `used_at` may never have arrived: it is not long ago, and
/// nobody has used what was in it.
async fn is_answer_lost(
    transaction: &mut Transaction<'_>,
    successor: &RefreshToken,
    used_at: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<bool, AuthError> {
    if now - used_at > Duration::seconds(GRACE_SECS) {
        return Ok(false);
    }
    let is_used = store::is_refresh_token_used(successor.hash());
    Ok(transaction.run(is_used).await? == Some(false))
}

/// Marks the token as used, stores its successor, and lets the session last longer.
fn rotate(
    token: &RefreshToken,
    successor: &RefreshToken,
    stored: &StoredRefreshToken,
    now: OffsetDateTime,
) -> Result<impl Work<Output = (u64, u64, u64)> + use<>, AuthError> {
    let expires_at = session::expiry(stored.session_created_at, now);
    let next = NewRefreshToken::new(successor, stored.session, now, expires_at)?;
    Ok((
        store::use_refresh_token(token.hash(), now),
        store::insert_refresh_token(next),
        store::extend_session(stored.session, expires_at),
    ))
}
