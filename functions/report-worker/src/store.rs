//! The statements that move a report from claim to end. Each one that ends a report does so under
//! the fence of its claim: a worker that was overtaken changes nothing.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::db::Statement;
use shared::ids::{EventId, ReportId};
use shared::jobs::{Event, ReportFailed, ReportRequested, ReportSucceeded};
use shared::storage::{Format, ObjectKey};
use time::OffsetDateTime;
use tokio_postgres::Row;
use tokio_postgres::types::PgLsn;

use crate::pdf::Summary;

shared::statements! {
    CLAIM = "
UPDATE reports
SET status = 'running',
    fence = fence + 1,
    attempts = attempts + 1,
    started_at = now(),
    lease_until = now() + make_interval(secs => $2::int),
    version = version + 1
WHERE id = $1 AND (status = 'queued' OR (status = 'running' AND lease_until < now()))
RETURNING fence, type, params, format, asked_at, created_at, app.tenant_name() AS tenant_name";

    STATUS = "
SELECT status
FROM reports
WHERE id = $1";

    ARRIVED = "
UPDATE outbox
SET sent_at = now()
WHERE type = $1 AND dedup = $2 AND sent_at IS NULL";

    SUCCEED = "
WITH finished AS (
    UPDATE reports
    SET status = 'succeeded', finished_at = now(), lease_until = NULL, version = version + 1,
        object_key = $3, sha256 = $4, size_bytes = $5, pages = NULLIF($6, 0), rows = $7
    WHERE id = $1 AND status = 'running' AND fence = $2
    RETURNING id
)
INSERT INTO outbox (id, type, data, dedup, occurred_at)
SELECT $8, $9, $10, finished.id::text, $11
FROM finished";

    FAIL = "
WITH finished AS (
    UPDATE reports
    SET status = 'failed', finished_at = now(), lease_until = NULL, version = version + 1,
        problem = $3
    WHERE id = $1 AND status = 'running' AND fence = $2
    RETURNING id
)
INSERT INTO outbox (id, type, data, dedup, occurred_at)
SELECT $4, $5, $6, finished.id::text, $7
FROM finished";
}

/// A report that is this worker's until the lease ends.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The number of the claim; a later one overtakes it.
    pub fence: i64,
    /// What the report is about.
    pub kind: String,
    /// Its parameters.
    pub params: Value,
    /// The form of its document.
    pub format: Format,
    /// Where the log ended when it was asked for.
    pub asked_at: Option<u64>,
    /// When it was asked for.
    pub created_at: OffsetDateTime,
    /// The tenant's name, for the head of the document.
    pub tenant_name: String,
}

/// Claims a report that is waiting, or whose worker has not come back in time.
pub fn claim(id: ReportId, lease_secs: i32) -> Statement<Option<Claim>> {
    Statement::new(CLAIM)
        .bind(id)
        .bind(lease_secs)
        .optional(read_claim)
}

fn read_claim(row: &Row) -> Result<Claim, tokio_postgres::Error> {
    Ok(Claim {
        fence: row.try_get("fence")?,
        kind: row.try_get("type")?,
        params: row.try_get("params")?,
        // The table's CHECK admits nothing else.
        format: Format::parse(row.try_get("format")?).unwrap_or_default(),
        asked_at: row.try_get::<_, Option<PgLsn>>("asked_at")?.map(u64::from),
        created_at: row.try_get("created_at")?,
        tenant_name: row.try_get("tenant_name")?,
    })
}

/// How far a report is; `None` when there is no such report.
pub fn status(id: ReportId) -> Statement<Option<String>> {
    Statement::new(STATUS)
        .bind(id)
        .optional(|row| row.try_get("status"))
}

/// Notes that the request for a report has arrived, so that the relay need not send it again.
pub fn arrived(id: ReportId) -> Statement<u64> {
    Statement::new(ARRIVED)
        .bind(ReportRequested::TYPE)
        .bind(id.to_string())
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
