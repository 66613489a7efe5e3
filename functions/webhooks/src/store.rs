//! Every statement about endpoints and their secrets, next to the row it yields.

pub mod claims;
pub mod deliveries;
pub mod results;

use shared::db::Statement;
use shared::ids::EndpointId;
use shared::page::PageRequest;
use time::{Duration, OffsetDateTime};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::domain::{Change, ENDPOINTS_MAX, Endpoint, ROTATION_HOURS, Status};
use crate::secret::Secret;

shared::statements! {
    FIND = "
SELECT e.id, e.url, e.description, e.event_types, e.rate_per_minute, e.status, e.disabled_reason,
       e.failing_since, e.version, e.created_at, e.updated_at,
       (SELECT max(s.expires_at) FROM secrets AS s
         WHERE s.endpoint_id = e.id AND s.expires_at > $2) AS previous_secret_expires_at,
       (SELECT count(*) FROM secrets AS s
         WHERE s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > $2)) AS secrets
FROM endpoints AS e
WHERE e.id = $1 AND e.status <> 'deleted'";

    LIST = "
SELECT e.id, e.url, e.description, e.event_types, e.rate_per_minute, e.status, e.disabled_reason,
       e.failing_since, e.version, e.created_at, e.updated_at,
       (SELECT max(s.expires_at) FROM secrets AS s
         WHERE s.endpoint_id = e.id AND s.expires_at > $5) AS previous_secret_expires_at,
       (SELECT count(*) FROM secrets AS s
         WHERE s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > $5)) AS secrets
FROM endpoints AS e
WHERE (e.created_at, e.id) < ($1, $2) AND e.status <> 'deleted'
ORDER BY e.created_at DESC, e.id DESC
LIMIT $3 OFFSET $4";

    /// There are ten at most.
    COUNT = "
SELECT count(*) AS total
FROM endpoints
WHERE status <> 'deleted'";

    /// Two who add endpoints to a tenant do so one after the other, so that each finds a slot.
    LOCK = "
SELECT pg_advisory_xact_lock(uuid_hash_extended(app.tenant_id(), 4017))";

    /// The slot behind the last one is refused by the table.
    INSERT = "
INSERT INTO endpoints (id, slot, url, description, event_types, rate_per_minute, status, created_at, updated_at)
SELECT $1,
       coalesce((SELECT min(n.slot) FROM generate_series(1, $2) AS n (slot)
                  WHERE NOT EXISTS (SELECT FROM endpoints AS e WHERE e.slot = n.slot)), $2 + 1),
       $3, $4, $5, $6, 'active', $7, $7";

    UPDATE = "
UPDATE endpoints AS e
SET url = coalesce($2, url),
    description = coalesce($3, description),
    event_types = coalesce($4, event_types),
    rate_per_minute = coalesce($5, rate_per_minute),
    status = coalesce($6, status),
    disabled_reason = CASE WHEN $6 IS NULL THEN disabled_reason END,
    failing_since = CASE WHEN $6 IS NULL THEN failing_since END,
    version = version + 1,
    updated_at = $7
WHERE id = $1 AND status <> 'deleted' AND ($8::int IS NULL OR version = $8)
RETURNING id, url, description, event_types, rate_per_minute, status, disabled_reason,
          failing_since, version, created_at, updated_at,
          (SELECT max(s.expires_at) FROM secrets AS s
            WHERE s.endpoint_id = e.id AND s.expires_at > $7) AS previous_secret_expires_at,
          (SELECT count(*) FROM secrets AS s
            WHERE s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > $7)) AS secrets";

    /// Its deliveries go later, bit by bit.
    DELETE = "
UPDATE endpoints
SET status = 'deleted', slot = NULL, disabled_reason = NULL, version = version + 1, updated_at = $2
WHERE id = $1 AND status <> 'deleted' AND ($3::int IS NULL OR version = $3)";

    FORGET_SECRETS = "
DELETE FROM secrets
WHERE endpoint_id = $1";

    /// To an endpoint that is not there, nothing.
    ADD_SECRET = "
INSERT INTO secrets (endpoint_id, id, secret, created_at)
SELECT $1::uuid, $2, $3, $4
WHERE EXISTS (SELECT FROM endpoints AS e WHERE e.id = $1 AND e.status <> 'deleted')";

    /// Two who rotate do so one after the other, so that each counts the other's secret.
    LOCK_ENDPOINT = "
SELECT id
FROM endpoints
WHERE id = $1
FOR NO KEY UPDATE";

    FORGET_EXPIRED = "
DELETE FROM secrets
WHERE endpoint_id = $1 AND expires_at <= $2";

    EXPIRE_SECRETS = "
UPDATE secrets
SET expires_at = $2
WHERE endpoint_id = $1 AND expires_at IS NULL";
}

/// Looks one up.
pub fn find(id: EndpointId, now: OffsetDateTime) -> Statement<Option<Endpoint>> {
    Statement::new(FIND).bind(id).bind(now).optional(endpoint)
}

/// The rows of a page and one more, which tells whether there is another page.
pub fn list(page: PageRequest, now: OffsetDateTime) -> Statement<Vec<Endpoint>> {
    Statement::new(LIST)
        .bind(page.after.created_at)
        .bind(page.after.id)
        .bind(i64::from(page.rows) + 1)
        .bind(i64::from(page.offset))
        .bind(now)
        .many(endpoint)
}

/// How many there are.
pub fn count() -> Statement<i64> {
    Statement::new(COUNT).one(|row| row.try_get("total"))
}

/// Lets nobody else add endpoints to the tenant until the transaction ends.
pub fn lock() -> Statement<Option<()>> {
    Statement::new(LOCK).optional(|_| Ok(()))
}

/// Adds one, if the tenant may have one more.
pub fn insert(endpoint: &Endpoint) -> Statement<u64> {
    Statement::new(INSERT)
        .bind(endpoint.id)
        .bind(ENDPOINTS_MAX)
        .bind(endpoint.url.clone())
        .bind(endpoint.description.clone())
        .bind(endpoint.event_types.clone())
        .bind(endpoint.rate_per_minute)
        .bind(endpoint.created_at)
}

/// Changes one, if it still has the version `seen`; `None` stands for any.
pub fn update(
    id: EndpointId,
    change: Change,
    seen: Option<i32>,
    now: OffsetDateTime,
) -> Statement<Option<Endpoint>> {
    Statement::new(UPDATE)
        .bind(id)
        .bind(change.url)
        .bind(change.description)
        .bind(change.event_types)
        .bind(change.rate_per_minute)
        .bind(change.status.map(Status::as_str))
        .bind(now)
        .bind(seen)
        .optional(endpoint)
}

/// Removes one, if it still has the version `seen`; answers how many rows went.
pub fn delete(id: EndpointId, seen: Option<i32>, now: OffsetDateTime) -> Statement<u64> {
    Statement::new(DELETE).bind(id).bind(now).bind(seen)
}

/// Removes its secrets.
pub fn forget_secrets(id: EndpointId) -> Statement<u64> {
    Statement::new(FORGET_SECRETS).bind(id)
}

/// Gives it a secret.
pub fn add_secret(id: EndpointId, secret: &Secret, now: OffsetDateTime) -> Statement<u64> {
    Statement::new(ADD_SECRET)
        .bind(id)
        .bind(Uuid::now_v7())
        .bind(secret.bytes())
        .bind(now)
}

/// Lets nobody else change one until the transaction ends.
pub fn lock_endpoint(id: EndpointId) -> Statement<Option<EndpointId>> {
    let lock = Statement::new(LOCK_ENDPOINT).bind(id);
    lock.optional(|row| row.try_get("id"))
}

/// Removes those of its secrets that sign nothing any more.
pub fn forget_expired(id: EndpointId, now: OffsetDateTime) -> Statement<u64> {
    Statement::new(FORGET_EXPIRED).bind(id).bind(now)
}

/// Lets the present secret end in [`ROTATION_HOURS`].
pub fn expire_secrets(id: EndpointId, now: OffsetDateTime) -> Statement<u64> {
    Statement::new(EXPIRE_SECRETS)
        .bind(id)
        .bind(previous_ends(now))
}

/// When a secret ends that is replaced at `now`.
pub fn previous_ends(now: OffsetDateTime) -> OffsetDateTime {
    now + Duration::hours(ROTATION_HOURS)
}

fn endpoint(row: &Row) -> Result<Endpoint, tokio_postgres::Error> {
    Ok(Endpoint {
        id: row.try_get("id")?,
        url: row.try_get("url")?,
        description: row.try_get("description")?,
        event_types: row.try_get("event_types")?,
        rate_per_minute: row.try_get("rate_per_minute")?,
        status: Status::stored(row.try_get("status")?),
        disabled_reason: row.try_get("disabled_reason")?,
        failing_since: row.try_get("failing_since")?,
        previous_secret_expires_at: row.try_get("previous_secret_expires_at")?,
        secrets: row.try_get("secrets")?,
        version: row.try_get("version")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
