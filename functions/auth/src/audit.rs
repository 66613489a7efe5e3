//! Who did what: the tenant's audit log, written in the transaction of each change.
//!
//! `subject` is the tenant, person or session that it was done to; `actor` is nobody where the
//! product acted by itself. Rows are added and never changed: the role may do nothing else.

use serde_json::{Value, json};
use shared::db::Statement;
use shared::ids::{EventId, SessionId, TenantId, UserId};
use shared::tenant::Role;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::session::Session;

shared::statements! {
    RECORD = "
INSERT INTO audit_log (id, occurred_at, action, actor_id, subject_id, details)
VALUES ($1, $2, $3, $4, $5, $6)";

    /// The end of a session and its entry are one statement: one that had ended leaves none.
    END_SESSION = "
WITH ended AS (
    UPDATE sessions
    SET revoked_at = $2, revoked_reason = $3
    WHERE id = $1 AND revoked_at IS NULL
    RETURNING id
)
INSERT INTO audit_log (id, occurred_at, action, actor_id, subject_id, details)
SELECT $4, $2, 'session.ended', $5, ended.id, jsonb_build_object('reason', $3::text)
FROM ended";
}

/// A tenant was founded.
pub fn tenant_created(tenant: TenantId, by: UserId, now: OffsetDateTime) -> Statement<u64> {
    record("tenant.created", by, *tenant.as_uuid(), json!({}), now)
}

/// A person became a member.
pub fn member_added(member: UserId, role: Role, by: UserId, now: OffsetDateTime) -> Statement<u64> {
    let details = json!({ "role": role.as_str() });
    record("member.added", by, *member.as_uuid(), details, now)
}

/// Somebody logged in.
pub fn session_started(session: &Session) -> Statement<u64> {
    let details = json!({ "user_agent": session.user_agent });
    let (by, id) = (session.user, *session.id.as_uuid());
    record("session.started", by, id, details, session.created_at)
}

/// Ends a session and says so; one that has ended stays as it is.
pub fn end_session(
    id: SessionId,
    reason: &'static str,
    by: Option<UserId>,
    now: OffsetDateTime,
) -> Statement<u64> {
    Statement::new(END_SESSION)
        .bind(id)
        .bind(now)
        .bind(reason)
        .bind(EventId::new())
        .bind(by)
}

fn record(
    action: &'static str,
    by: UserId,
    subject: Uuid,
    details: Value,
    now: OffsetDateTime,
) -> Statement<u64> {
    Statement::new(RECORD)
        .bind(EventId::new())
        .bind(now)
        .bind(action)
        .bind(by)
        .bind(subject)
        .bind(details)
}
