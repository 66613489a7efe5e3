//! Every statement by which the sender's results are written down.

use shared::clock::from_micros;
use shared::db::Statement;
use shared::ids::{DeliveryId, EndpointId};
use shared::jobs::{WebhookAttempted, WebhookOutcome};
use time::OffsetDateTime;

use crate::schedule::{Next, Reason, Standing};

/// What is kept of an answer's body, in bytes. The table's CHECK says the same.
pub const RESPONSE_BYTES_MAX: usize = 1_024;

shared::statements! {
    /// Ahead of the delivery, as whoever claims does it: two who lock in turn wait and do not fail.
    LOCK_ENDPOINT = "
SELECT e.id
FROM endpoints AS e
WHERE e.id = (SELECT d.endpoint_id FROM deliveries AS d WHERE d.id = $1)
FOR NO KEY UPDATE";

    FIND = "
SELECT d.id, d.endpoint_id, d.status, d.claimed, d.claims, d.tries,
       e.failing_since, e.version, e.status AS endpoint_status
FROM deliveries AS d
JOIN endpoints AS e ON e.id = d.endpoint_id
WHERE d.id = $1
FOR NO KEY UPDATE OF d";

    ADD_ATTEMPT = "
INSERT INTO attempts (delivery_id, number, started_at, duration_ms, status_code, error, response)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (tenant_id, delivery_id, number) DO NOTHING";

    SETTLE = "
UPDATE deliveries
SET status = $2, claimed = false, tries = $3, due_at = coalesce($4, due_at), finished_at = $5
WHERE id = $1";

    MARK_ENDPOINT = "
UPDATE endpoints
SET failing_since = $2,
    status = CASE WHEN $3::text IS NULL THEN status ELSE 'disabled' END,
    disabled_reason = coalesce($3, disabled_reason),
    version = version + CASE WHEN $3::text IS NULL THEN 0 ELSE 1 END,
    updated_at = CASE WHEN $3::text IS NULL THEN updated_at ELSE $4 END
WHERE id = $1";
}

/// A delivery as a result finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it was sent.
    pub endpoint: EndpointId,
    /// Whether it was not finished yet.
    pub is_pending: bool,
    /// Whether it counts as with the sender.
    pub is_claimed: bool,
    /// How often it was handed out.
    pub claims: i32,
    /// How it and its endpoint stand.
    pub standing: Standing,
    /// The endpoint's version.
    pub endpoint_version: i32,
    /// Whether the endpoint is sent to.
    pub endpoint_is_active: bool,
}

/// Lets nobody else change the endpoint of a delivery until the transaction ends.
pub fn lock_endpoint(id: DeliveryId) -> Statement<Option<EndpointId>> {
    let lock = Statement::new(LOCK_ENDPOINT).bind(id);
    lock.optional(|row| row.try_get("id"))
}

/// The delivery that a result is about.
pub fn find(id: DeliveryId) -> Statement<Option<Found>> {
    Statement::new(FIND).bind(id).optional(|row| {
        let (status, endpoint): (&str, &str) =
            (row.try_get("status")?, row.try_get("endpoint_status")?);
        Ok(Found {
            endpoint: row.try_get("endpoint_id")?,
            is_pending: status == "pending",
            is_claimed: row.try_get("claimed")?,
            claims: row.try_get("claims")?,
            standing: Standing {
                delivery: row.try_get("id")?,
                tries: row.try_get("tries")?,
                failing_since: row.try_get("failing_since")?,
            },
            endpoint_version: row.try_get("version")?,
            endpoint_is_active: endpoint == "active",
        })
    })
}

/// Writes an attempt down, unless that was done. One that was not made is none.
pub fn add_attempt(result: &WebhookAttempted) -> Option<Statement<u64>> {
    let (status, error, response) = match &result.outcome {
        WebhookOutcome::Answered {
            status, response, ..
        } => (Some(i32::from(*status)), None, response.as_str()),
        WebhookOutcome::Failed { error } => (None, Some(error.clone()), ""),
        WebhookOutcome::Stale => return None,
    };
    let add = Statement::new(ADD_ATTEMPT)
        .bind(result.delivery_id)
        .bind(result.claim)
        .bind(from_micros(result.started_at))
        .bind(result.duration_ms.max(0))
        .bind(status)
        .bind(error)
        .bind(storable(response));
    Some(add)
}

/// Says how a delivery goes on.
pub fn settle(id: DeliveryId, next: Next, tries: i32, now: OffsetDateTime) -> Statement<u64> {
    let (status, due_at) = match next {
        Next::Succeeded => ("succeeded", None),
        Next::Again(at) => ("pending", Some(at)),
        Next::Failed => ("failed", None),
    };
    let finished_at = due_at.is_none().then_some(now);
    Statement::new(SETTLE)
        .bind(id)
        .bind(status)
        .bind(tries)
        .bind(due_at)
        .bind(finished_at)
}

/// Says how an endpoint stands.
pub fn mark_endpoint(
    id: EndpointId,
    failing_since: Option<OffsetDateTime>,
    disable: Option<Reason>,
    now: OffsetDateTime,
) -> Statement<u64> {
    Statement::new(MARK_ENDPOINT)
        .bind(id)
        .bind(failing_since)
        .bind(disable.map(Reason::as_str))
        .bind(now)
}

/// As much of a text as the table takes; PostgreSQL's texts have no NUL.
fn storable(text: &str) -> String {
    let mut text = text.replace('\0', "\u{fffd}");
    text.truncate(text.floor_char_boundary(RESPONSE_BYTES_MAX));
    text
}
