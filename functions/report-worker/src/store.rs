//! The statements that move a report from claim to end. Each one that ends a report does so under
//! the fence of its claim: a worker that was overtaken changes nothing.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::db::Statement;
use shared::ids::{EventId, ReportId, TenantId};
use shared::jobs::{Event, ReportFailed, ReportRequested, ReportSucceeded};
use shared::storage::{Format, ObjectKey};
use time::OffsetDateTime;
use tokio_postgres::Row;
use tokio_postgres::types::PgLsn;

use crate::pdf::Summary;
use crate::progress::Rows;

/// The word for reports that failed because their request was delivered too often.
pub const EXHAUSTED: &str = "delivery_exhausted";
/// What the tenant reads then.
const EXHAUSTED_DETAIL: &str = "the report could not be made; it can be asked for again";

shared::statements! {
    /// Held until the transaction ends, so that a tenant's reports are counted one claim at a time.
    LANE = "
SELECT reports.lane()";

    CLAIM = "
WITH lane AS MATERIALIZED (
    SELECT count(*) < billing.reports_at_once() AS open
    FROM reports
    WHERE status = 'running' AND lease_until > now()
)
UPDATE reports AS r
SET status = CASE WHEN lane.open THEN 'running' ELSE 'queued' END,
    fence = r.fence + lane.open::int,
    attempts = r.attempts + lane.open::int,
    started_at = CASE WHEN lane.open THEN now() ELSE r.started_at END,
    lease_until = CASE WHEN lane.open THEN now() + make_interval(secs => $2::int) END,
    parked_at = CASE WHEN NOT lane.open THEN coalesce(r.parked_at, now()) END,
    rows_done = NULL,
    rows_total = NULL,
    version = r.version + lane.open::int
FROM lane
WHERE r.id = $1 AND (r.status = 'queued' OR (r.status = 'running' AND r.lease_until <= now()))
RETURNING lane.open, r.fence, r.attempts, r.type, r.params, r.format, r.asked_at, r.asked_on,
    app.tenant_name() AS tenant_name";

    LEASE = "
SELECT ceil(extract(epoch FROM r.lease_until - now()))::int AS secs
FROM reports AS r
WHERE r.id = $1 AND r.status = 'running'";

    ARRIVED = "
UPDATE outbox
SET sent_at = now()
WHERE type = $1
  AND dedup = (SELECT reports.dedup(r.id, r.retries) FROM reports AS r WHERE r.id = $2)
  AND sent_at IS NULL";

    BEAT = "
UPDATE reports
SET lease_until = now() + make_interval(secs => $3::int), rows_done = $4, rows_total = $5
WHERE id = $1 AND status = 'running' AND fence = $2";

    /// For the next delivery, which need not wait for the lease to end.
    RELEASE = "
UPDATE reports
SET status = 'queued', lease_until = NULL, version = version + 1
WHERE id = $1 AND status = 'running' AND fence = $2";

    SUCCEED = "
WITH finished AS (
    UPDATE reports
    SET status = 'succeeded', finished_at = now(), lease_until = NULL, version = version + 1,
        object_key = $3, sha256 = $4, size_bytes = $5, pages = NULLIF($6, 0), rows = $7
    WHERE id = $1 AND status = 'running' AND fence = $2
    RETURNING id, retries
)
INSERT INTO outbox (id, type, data, dedup, occurred_at)
SELECT $8, $9, $10, reports.dedup(finished.id, finished.retries), $11
FROM finished";

    FAIL = "
WITH finished AS (
    UPDATE reports
    SET status = 'failed', finished_at = now(), lease_until = NULL, version = version + 1,
        problem = $3
    WHERE id = $1 AND status = 'running' AND fence = $2
    RETURNING id, retries
)
INSERT INTO outbox (id, type, data, dedup, occurred_at)
SELECT $4, $5, $6, reports.dedup(finished.id, finished.retries), $7
FROM finished";

    /// Only for the request that the report still waits for: an old one may be found much later.
    EXHAUST = "
WITH finished AS (
    UPDATE reports AS r
    SET status = 'failed', finished_at = now(), lease_until = NULL, version = r.version + 1,
        problem = $3
    WHERE r.id = $1 AND r.parked_at IS NULL
      AND (r.status = 'queued' OR (r.status = 'running' AND r.lease_until <= now()))
      AND NOT EXISTS (
          SELECT FROM outbox AS o
          WHERE o.type = $2 AND o.dedup = reports.dedup(r.id, r.retries) AND o.id <> $4)
    RETURNING r.id, r.retries
)
INSERT INTO outbox (id, type, data, dedup, occurred_at)
SELECT $5, $6, $7, reports.dedup(finished.id, finished.retries), $8
FROM finished";

    WAKE = "
SELECT w.report_id, w.event_id, w.occurred_at
FROM reports.wake(1, interval '10 seconds') AS w";

    REDRIVE = "
SELECT reports.redrive($1, $2) AS queued";
}

/// A report that is this worker's until the lease ends.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The number of the claim; a later one overtakes it.
    pub fence: i64,
    /// How often it was claimed since it was asked for, this time included, whatever the messages were.
    pub attempts: u32,
    /// What the report is about.
    pub kind: String,
    /// Its parameters.
    pub params: Value,
    /// The form of its document.
    pub format: Format,
    /// Where the log ended when it was asked for.
    pub asked_at: Option<u64>,
    /// When it was asked for, the last time.
    pub asked_on: OffsetDateTime,
    /// The tenant's name, for the head of the document.
    pub tenant_name: String,
}

/// What came of asking for a report.
#[derive(Debug, Clone)]
pub enum Asked {
    /// It is this worker's.
    Claimed(Claim),
    /// As many of its tenant's run as may: it waits without a message until one of them ends.
    Parked,
}

/// A parked report whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Woken {
    /// The report.
    pub report: ReportId,
    /// The event in the outbox that asks for it.
    pub event: EventId,
    /// When it was asked for.
    pub occurred_at: OffsetDateTime,
}

/// Goes ahead of whatever begins or ends a report.
pub fn lane() -> Statement<u64> {
    Statement::new(LANE)
}

/// Claims a report that is waiting, or whose worker has not come back in time, unless as many of its
/// tenant's run as may; `None` when there is nothing to claim.
pub fn claim(id: ReportId, lease_secs: i32) -> Statement<Option<Asked>> {
    Statement::new(CLAIM)
        .bind(id)
        .bind(lease_secs)
        .optional(read_claim)
}

fn read_claim(row: &Row) -> Result<Asked, tokio_postgres::Error> {
    if !row.try_get::<_, bool>("open")? {
        return Ok(Asked::Parked);
    }
    Ok(Asked::Claimed(Claim {
        fence: row.try_get("fence")?,
        attempts: row.try_get::<_, i32>("attempts")?.unsigned_abs(),
        kind: row.try_get("type")?,
        params: row.try_get("params")?,
        // The table's CHECK admits nothing else.
        format: Format::parse(row.try_get("format")?).unwrap_or_default(),
        asked_at: row.try_get::<_, Option<PgLsn>>("asked_at")?.map(u64::from),
        asked_on: row.try_get("asked_on")?,
        tenant_name: row.try_get("tenant_name")?,
    }))
}

/// For how many seconds somebody's claim on a report still holds; `None` when nobody has one.
pub fn lease(id: ReportId) -> Statement<Option<i32>> {
    Statement::new(LEASE)
        .bind(id)
        .optional(|row| row.try_get("secs"))
}

/// Notes that the request for a report has arrived, so that the relay need not send it again.
pub fn arrived(id: ReportId) -> Statement<u64> {
    Statement::new(ARRIVED).bind(ReportRequested::TYPE).bind(id)
}

/// Renews a claim and tells how far the work is; answers 0 when it was overtaken or called off.
pub fn beat(id: ReportId, fence: i64, lease_secs: i32, rows: Rows) -> Statement<u64> {
    Statement::new(BEAT)
        .bind(id)
        .bind(fence)
        .bind(lease_secs)
        .bind(rows.done)
        .bind(rows.total)
}

/// Gives a report back for another try; answers 0 when the claim was overtaken.
pub fn release(id: ReportId, claim: &Claim) -> Statement<u64> {
    Statement::new(RELEASE).bind(id).bind(claim.fence)
}

/// Takes the tenant's oldest parked report out of its rest, if there is room for it.
pub fn wake() -> Statement<Vec<Woken>> {
    Statement::new(WAKE).many(|row| {
        Ok(Woken {
            report: row.try_get("report_id")?,
            event: row.try_get("event_id")?,
            occurred_at: row.try_get("occurred_at")?,
        })
    })
}

/// Queues reports again that failed for want of delivery, of one tenant or of all; answers how many.
pub fn redrive(tenant: Option<TenantId>, rows_max: i32) -> Statement<i32> {
    Statement::new(REDRIVE)
        .bind(tenant)
        .bind(rows_max)
        .one(|row| row.try_get("queued"))
}

/// Ends a report whose request was delivered too often, and says so in the outbox; answers 0 when it
/// has ended, somebody is at work on it, or it was asked for anew.
pub fn exhaust(id: ReportId, request: EventId, clock: &Clock) -> Statement<u64> {
    Statement::new(EXHAUST)
        .bind(id)
        .bind(ReportRequested::TYPE)
        .bind(json!({ "code": EXHAUSTED, "detail": EXHAUSTED_DETAIL }))
        .bind(request)
        .bind(EventId::new())
        .bind(ReportFailed::TYPE)
        .bind(json!(ReportFailed { report_id: id }))
        .bind(clock.now())
}

/// Ends a report well, and says so in the outbox; answers 0 when the claim was overtaken.
pub fn succeed(
    id: ReportId,
    claim: &Claim,
    key: &ObjectKey<'_>,
    document: &Summary,
    clock: &Clock,
) -> Statement<u64> {
    let whole = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    Statement::new(SUCCEED)
        .bind(id)
        .bind(claim.fence)
        .bind(key.to_string())
        .bind(document.sha256.to_vec())
        .bind(i64::try_from(document.bytes).unwrap_or(i64::MAX))
        .bind(whole(document.pages))
        .bind(whole(document.rows))
        .bind(EventId::new())
        .bind(ReportSucceeded::TYPE)
        .bind(json!(ReportSucceeded {
            report_id: id,
            pages: document.pages,
        }))
        .bind(clock.now())
}

/// Ends a report badly, and says so in the outbox; answers 0 when the claim was overtaken.
pub fn fail(
    id: ReportId,
    claim: &Claim,
    code: &'static str,
    detail: &str,
    clock: &Clock,
) -> Statement<u64> {
    Statement::new(FAIL)
        .bind(id)
        .bind(claim.fence)
        .bind(json!({ "code": code, "detail": detail }))
        .bind(EventId::new())
        .bind(ReportFailed::TYPE)
        .bind(json!(ReportFailed { report_id: id }))
        .bind(clock.now())
}
