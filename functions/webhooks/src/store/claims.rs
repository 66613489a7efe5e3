//! Every statement by which events become deliveries, and deliveries are handed out.

use shared::db::Statement;
use shared::ids::{DeliveryId, EventId, TenantId};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::message::Message;
use crate::secret::Secret;

/// How long a delivery counts as with the sender, in seconds: longer than its queue keeps a message,
/// so that none is there twice.
pub const LEASE_SECS: i64 = 600;
/// How long a delivery that was handed out and not sent waits before it is signed again, in seconds.
pub const AGAIN_SECS: i64 = 5;
/// Deliveries that one endpoint may have with the sender at a time.
pub const CONCURRENCY_MAX: i64 = 10;
/// Deliveries handed out at a time. Each may have a body of 256 KiB.
pub const CLAIM_ROWS_MAX: i64 = 20;

shared::statements! {
    /// A message is kept where there is an endpoint, so that it can be recovered. Deliveries are made
    /// with it and never later: an event that comes again finds its message there.
    INGEST = "
WITH message AS (
  INSERT INTO messages (id, type, body, created_at)
  SELECT $1, $2, $3, $4
  WHERE EXISTS (SELECT FROM endpoints AS e WHERE e.status <> 'deleted')
  ON CONFLICT (tenant_id, id) DO NOTHING
  RETURNING id
)
INSERT INTO deliveries (id, endpoint_id, message_id, type, due_at, created_at)
SELECT gen_random_uuid(), e.id, message.id, $2, $4, $4
FROM message
CROSS JOIN endpoints AS e
WHERE e.status = 'active' AND (e.event_types = '{}' OR $2 = ANY (e.event_types))
ORDER BY e.id
ON CONFLICT (tenant_id, endpoint_id, message_id) DO NOTHING";

    /// What is counted afterwards, nobody else changes meanwhile. It lets foreign keys pass: new
    /// deliveries do not wait for it.
    LOCK_ENDPOINTS = "
SELECT id
FROM endpoints
WHERE status = 'active'
ORDER BY id
FOR NO KEY UPDATE";

    CLAIM = "
WITH open AS MATERIALIZED (
  SELECT e.id, e.url,
         least($3 - (SELECT count(*) FROM deliveries AS f
                      WHERE f.endpoint_id = e.id AND f.claimed AND f.due_at > $1),
               e.rate_per_minute - CASE WHEN e.window_started_at > $1 - interval '1 minute'
                                        THEN e.window_sent ELSE 0 END) AS room
  FROM endpoints AS e
  WHERE e.status = 'active'
), due AS MATERIALIZED (
  SELECT d.id
  FROM open AS o
  CROSS JOIN LATERAL (
    SELECT c.id, c.due_at
    FROM deliveries AS c
    WHERE c.endpoint_id = o.id AND c.status = 'pending' AND c.due_at <= $1
    ORDER BY c.due_at, c.id
    LIMIT greatest(o.room, 0)) AS d
  ORDER BY d.due_at, d.id
  LIMIT $4
), claimed AS (
  UPDATE deliveries AS d
  SET claimed = true, claims = d.claims + 1, due_at = $2
  FROM due
  WHERE d.id = due.id
  RETURNING d.id, d.endpoint_id, d.message_id, d.claims
), counted AS (
  UPDATE endpoints AS e
  SET window_started_at = CASE WHEN e.window_started_at > $1 - interval '1 minute'
                               THEN e.window_started_at ELSE $1 END,
      window_sent = n.sent + CASE WHEN e.window_started_at > $1 - interval '1 minute'
                                  THEN e.window_sent ELSE 0 END
  FROM (SELECT c.endpoint_id, count(*)::int AS sent FROM claimed AS c GROUP BY c.endpoint_id) AS n
  WHERE e.id = n.endpoint_id
)
SELECT c.id, c.claims, c.message_id, o.url, m.body,
       ARRAY(SELECT s.secret FROM secrets AS s
              WHERE s.endpoint_id = c.endpoint_id AND (s.expires_at IS NULL OR s.expires_at > $1)
              ORDER BY s.created_at DESC, s.id DESC) AS secrets
FROM claimed AS c
JOIN open AS o ON o.id = c.endpoint_id
JOIN messages AS m ON m.id = c.message_id";

    /// For those that did not get as far as the sender's queue.
    /// They count for nothing.
    RELEASE = "
WITH released AS (
  UPDATE deliveries
  SET claimed = false, due_at = $2
  WHERE id = ANY ($1) AND status = 'pending' AND claimed
  RETURNING endpoint_id
)
UPDATE endpoints AS e
SET window_sent = greatest(e.window_sent - n.sent, 0)
FROM (SELECT r.endpoint_id, count(*)::int AS sent FROM released AS r GROUP BY r.endpoint_id) AS n
WHERE e.id = n.endpoint_id AND e.status = 'active' AND e.window_started_at > $3::timestamptz - interval '1 minute'";

    DUE_TENANTS = "
SELECT tenant, is_due
FROM due_tenants($1, $2, $3)";

    PENDING_TENANTS = "
SELECT first, last
FROM pending_tenants()";

    SWEEP = "
SELECT sweep($1, $2) AS rows";
}

/// A delivery that was handed out, with all that has to be signed.
pub struct Claim {
    /// The delivery.
    pub delivery: DeliveryId,
    /// Which of its claims this is, from 1.
    pub number: i32,
    /// The event that it tells of.
    pub event: EventId,
    /// Where to.
    pub url: String,
    /// What.
    pub body: String,
    /// The secrets in force, the newest first.
    pub secrets: Vec<Secret>,
}

/// Makes an event's message, and a delivery for each active endpoint that wants to hear of it; answers
/// how many deliveries that are. None, when the event was here before.
pub fn ingest(message: &Message, now: OffsetDateTime) -> Statement<u64> {
    Statement::new(INGEST)
        .bind(message.id)
        .bind(message.kind.clone())
        .bind(message.body.clone())
        .bind(now)
}

/// Lets nobody else hand out the tenant's deliveries until the transaction ends.
pub fn lock_endpoints() -> Statement<Vec<Uuid>> {
    Statement::new(LOCK_ENDPOINTS).many(|row| row.try_get("id"))
}

/// Hands out deliveries that are due, as many as their endpoints may have now.
pub fn claim(now: OffsetDateTime) -> Statement<Vec<Claim>> {
    Statement::new(CLAIM)
        .bind(now)
        .bind(now + Duration::seconds(LEASE_SECS))
        .bind(CONCURRENCY_MAX)
        .bind(CLAIM_ROWS_MAX)
        .many(|row| {
            let secrets: Vec<Vec<u8>> = row.try_get("secrets")?;
            Ok(Claim {
                delivery: row.try_get("id")?,
                number: row.try_get("claims")?,
                event: row.try_get("message_id")?,
                url: row.try_get("url")?,
                body: row.try_get("body")?,
                secrets: secrets.into_iter().map(Secret::stored).collect(),
            })
        })
}

/// Takes deliveries back that were not sent, for [`AGAIN_SECS`]. The endpoints are locked before.
pub fn release(deliveries: Vec<Uuid>, now: OffsetDateTime) -> Statement<u64> {
    Statement::new(RELEASE)
        .bind(deliveries)
        .bind(now + Duration::seconds(AGAIN_SECS))
        .bind(now)
}

/// Tenants that have something pending, from `after` on, and whether any of it is due.
pub fn due_tenants(
    now: OffsetDateTime,
    after: TenantId,
    rows_max: i32,
) -> Statement<Vec<(TenantId, bool)>> {
    Statement::new(DUE_TENANTS)
        .bind(now)
        .bind(after)
        .bind(rows_max)
        .many(|row| Ok((row.try_get("tenant")?, row.try_get("is_due")?)))
}

/// The first and the last tenant that have something pending.
pub fn pending_tenants() -> Statement<Option<(TenantId, TenantId)>> {
    Statement::new(PENDING_TENANTS).one(|row| {
        let first: Option<TenantId> = row.try_get("first")?;
        let last: Option<TenantId> = row.try_get("last")?;
        Ok(first.zip(last))
    })
}

/// Removes what has served its time; answers how many rows went.
pub fn sweep(now: OffsetDateTime, rows_max: i32) -> Statement<i32> {
    Statement::new(SWEEP)
        .bind(now)
        .bind(rows_max)
        .one(|row| row.try_get("rows"))
}
