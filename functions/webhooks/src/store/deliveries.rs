//! Every statement of the API about deliveries.

use shared::db::Statement;
use shared::ids::{DeliveryId, EndpointId};
use shared::page::PageRequest;
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::delivery::{Attempt, Delivery, Filter, Status};
use crate::message::{Message, TEST};

/// Attempts shown of one delivery, the last ones.
const ATTEMPTS_ROWS_MAX: i64 = 100;
/// Deliveries that one recovery begins anew, and as many that it makes.
pub const RECOVERED_ROWS_MAX: i64 = 10_000;

shared::statements! {
    FIND = "
SELECT d.id, d.endpoint_id, d.message_id, d.type, d.status, d.created_at, d.finished_at,
       (SELECT count(*) FROM attempts AS a WHERE a.delivery_id = d.id) AS attempts,
       CASE WHEN d.status = 'pending' AND NOT d.claimed THEN d.due_at END AS next_attempt_at
FROM deliveries AS d
JOIN endpoints AS e ON e.id = d.endpoint_id
WHERE d.id = $1 AND e.status <> 'deleted'";

    LIST = "
SELECT d.id, d.endpoint_id, d.message_id, d.type, d.status, d.created_at, d.finished_at,
       (SELECT count(*) FROM attempts AS a WHERE a.delivery_id = d.id) AS attempts,
       CASE WHEN d.status = 'pending' AND NOT d.claimed THEN d.due_at END AS next_attempt_at
FROM deliveries AS d
JOIN endpoints AS e ON e.id = d.endpoint_id
WHERE (d.created_at, d.id) < ($1, $2) AND e.status <> 'deleted'
  AND ($4::uuid IS NULL OR d.endpoint_id = $4)
  AND ($5::text IS NULL OR d.status = $5)
  AND ($6::text IS NULL OR d.type = $6)
ORDER BY d.created_at DESC, d.id DESC
LIMIT $3";

    ATTEMPTS = "
SELECT number, started_at, duration_ms, status_code, error, response
FROM attempts
WHERE delivery_id = $1
ORDER BY number DESC
LIMIT $2";

    ENDPOINT_OF = "
SELECT e.id, e.status
FROM deliveries AS d
JOIN endpoints AS e ON e.id = d.endpoint_id
WHERE d.id = $1 AND e.status <> 'deleted'
FOR NO KEY UPDATE OF d";

    /// One that is with the sender is left there: its result is on the way.
    REDELIVER = "
UPDATE deliveries
SET status = 'pending', claimed = false, tries = 0, due_at = $2, finished_at = NULL
WHERE id = $1 AND NOT (claimed AND due_at > $2)";

    ADD_MESSAGE = "
INSERT INTO messages (id, type, body, created_at)
VALUES ($1, $2, $3, $4)";

    /// To an endpoint that is not there, none.
    ADD = "
INSERT INTO deliveries (id, endpoint_id, message_id, type, due_at, created_at)
SELECT $1, $2::uuid, $3, $4, $5, $5
WHERE EXISTS (SELECT FROM endpoints AS e WHERE e.id = $2 AND e.status <> 'deleted')";

    RECOVER = "
WITH lost AS MATERIALIZED (
  SELECT d.id
  FROM deliveries AS d
  JOIN messages AS m ON m.id = d.message_id
  WHERE d.endpoint_id = $1 AND d.status = 'failed' AND m.created_at >= $2
  ORDER BY d.created_at DESC, d.id DESC
  LIMIT $4
), again AS (
  UPDATE deliveries AS d
  SET status = 'pending', tries = 0, due_at = $3, finished_at = NULL
  FROM lost
  WHERE d.id = lost.id AND d.status = 'failed'
  RETURNING d.id
), missed AS (
  INSERT INTO deliveries (id, endpoint_id, message_id, type, due_at, created_at)
  SELECT gen_random_uuid(), e.id, m.id, m.type, $3, $3
  FROM endpoints AS e
  JOIN messages AS m ON m.created_at >= greatest($2, e.created_at) AND m.type <> $5
                    AND (e.event_types = '{}' OR m.type = ANY (e.event_types))
  WHERE e.id = $1
    AND NOT EXISTS (SELECT FROM deliveries AS d WHERE d.endpoint_id = e.id AND d.message_id = m.id)
  LIMIT $4
  ON CONFLICT (tenant_id, endpoint_id, message_id) DO NOTHING
  RETURNING id
)
SELECT (SELECT count(*) FROM again) + (SELECT count(*) FROM missed) AS rows";
}

/// Looks one up.
pub fn find(id: DeliveryId) -> Statement<Option<Delivery>> {
    Statement::new(FIND).bind(id).optional(delivery)
}

/// The rows of a page and one more, which tells whether there is another page.
pub fn list(page: PageRequest, filter: Filter) -> Statement<Vec<Delivery>> {
    Statement::new(LIST)
        .bind(page.after.created_at)
        .bind(page.after.id)
        .bind(i64::from(page.rows) + 1)
        .bind(filter.endpoint)
        .bind(filter.status.map(Status::as_str))
        .bind(filter.kind)
        .many(delivery)
}

/// The last attempts at one, newest first.
pub fn attempts(id: DeliveryId) -> Statement<Vec<Attempt>> {
    Statement::new(ATTEMPTS)
        .bind(id)
        .bind(ATTEMPTS_ROWS_MAX)
        .many(|row| {
            Ok(Attempt {
                number: row.try_get("number")?,
                started_at: row.try_get("started_at")?,
                duration_ms: row.try_get("duration_ms")?,
                status_code: row.try_get("status_code")?,
                error: row.try_get("error")?,
                response: row.try_get("response")?,
            })
        })
}

/// The endpoint of one, and whether it is active. Nobody else changes the delivery meanwhile.
pub fn endpoint_of(id: DeliveryId) -> Statement<Option<(EndpointId, bool)>> {
    Statement::new(ENDPOINT_OF).bind(id).optional(|row| {
        let status: &str = row.try_get("status")?;
        Ok((row.try_get("id")?, status == "active"))
    })
}

/// Begins one anew, now.
pub fn redeliver(id: DeliveryId, now: OffsetDateTime) -> Statement<u64> {
    Statement::new(REDELIVER).bind(id).bind(now)
}

/// Adds a message.
pub fn add_message(message: &Message, now: OffsetDateTime) -> Statement<u64> {
    Statement::new(ADD_MESSAGE)
        .bind(message.id)
        .bind(message.kind.clone())
        .bind(message.body.clone())
        .bind(now)
}

/// Sends a message to an endpoint, now.
pub fn add(
    id: DeliveryId,
    endpoint: EndpointId,
    message: &Message,
    now: OffsetDateTime,
) -> Statement<u64> {
    Statement::new(ADD)
        .bind(id)
        .bind(endpoint)
        .bind(message.id)
        .bind(message.kind.clone())
        .bind(now)
}

/// Begins anew whatever an endpoint has not had since a time; answers how much that is.
pub fn recover(id: EndpointId, since: OffsetDateTime, now: OffsetDateTime) -> Statement<i64> {
    Statement::new(RECOVER)
        .bind(id)
        .bind(since)
        .bind(now)
        .bind(RECOVERED_ROWS_MAX)
        .bind(TEST)
        .one(|row| row.try_get("rows"))
}

fn delivery(row: &Row) -> Result<Delivery, tokio_postgres::Error> {
    let status: &str = row.try_get("status")?;
    Ok(Delivery {
        id: row.try_get("id")?,
        endpoint: row.try_get("endpoint_id")?,
        event: row.try_get::<_, Uuid>("message_id")?.into(),
        kind: row.try_get("type")?,
        // The table's CHECK admits nothing else.
        status: Status::parse(status).unwrap_or(Status::Pending),
        attempts: row.try_get("attempts")?,
        next_attempt_at: row.try_get("next_attempt_at")?,
        created_at: row.try_get("created_at")?,
        finished_at: row.try_get("finished_at")?,
    })
}
