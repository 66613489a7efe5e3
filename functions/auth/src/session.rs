//! A login, and how long it lasts.

use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use shared::ids::{SessionId, UserId};
use time::{Duration, OffsetDateTime};

/// A session ends when it was not used for so many days.
const IDLE_DAYS: i64 = 30;
/// A session ends so many days after its login, used or not.
const LIFETIME_DAYS: i64 = 90;
/// How much of a client's own name is kept, in bytes of ASCII.
const USER_AGENT_BYTES_MAX: usize = 512;

/// A login of one person on one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Identity.
    pub id: SessionId,
    /// Who logged in.
    pub user: UserId,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// When they logged in.
    pub created_at: OffsetDateTime,
    /// When it ends if it is not used again.
    pub expires_at: OffsetDateTime,
}

impl Session {
    /// A session that begins `now`.
    pub fn begin(user: UserId, user_agent: Option<String>, now: OffsetDateTime) -> Self {
        Self {
            id: SessionId::new(),
            user,
            user_agent,
            created_at: now,
            expires_at: expiry(now, now),
        }
    }
}

/// When a session that began at `created_at` and is used `now` ends.
pub fn expiry(created_at: OffsetDateTime, now: OffsetDateTime) -> OffsetDateTime {
    let idle = now.saturating_add(Duration::days(IDLE_DAYS));
    let last = created_at.saturating_add(Duration::days(LIFETIME_DAYS));
    idle.min(last)
}

/// What the client of a request calls itself, cut to a bearable length.
pub fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(USER_AGENT_BYTES_MAX).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_slides_until_its_last_day() {
        let begin = OffsetDateTime::UNIX_EPOCH;
        let day = |days: i64| begin + Duration::days(days);
        assert_eq!(expiry(begin, begin), day(30));
        assert_eq!(expiry(begin, day(20)), day(50));
        assert_eq!(expiry(begin, day(75)), day(90));
        assert_eq!(expiry(begin, day(90)), day(90));
    }
}
