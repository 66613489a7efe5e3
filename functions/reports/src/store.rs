//! Every statement about reports, next to the row it yields.

use serde_json::json;
use shared::db::Statement;
use shared::ids::{EventId, ReportId};
use shared::jobs::{Envelope, Event, ReportCancelled, ReportExpired, ReportRequested};
use shared::page::PageRequest;
use shared::storage::Format;
use time::OffsetDateTime;
use tokio_postgres::Row;

use crate::domain::{Report, Status};
use crate::listing::Filter;

pub mod schedules;
pub mod settings;

/// Rows that a filtered list counts at most.
pub const COUNTED_ROWS_MAX: i64 = 10_000;

shared::statements! {
    FIND = "
SELECT id, type, params, format, status, fence, rows_done, rows_total, pages, size_bytes, problem,
       requested_by, schedule_id, created_at, started_at, finished_at
FROM reports
WHERE id = $1";

    LIST = "
SELECT r.id, r.type, r.params, r.format, r.status, r.fence, r.rows_done, r.rows_total, r.pages,
       r.size_bytes, r.problem, r.requested_by, r.schedule_id, r.created_at, r.started_at, r.finished_at
FROM reports AS r
WHERE (r.created_at, r.id) < ($1, $2)
  AND ($5::text IS NULL OR r.status = $5)
  AND ($6::text IS NULL OR r.type = $6)
  AND ($7::timestamptz IS NULL OR r.created_at > $7)
  AND ($8::timestamptz IS NULL OR r.created_at < $8)
ORDER BY r.created_at DESC, r.id DESC
LIMIT $3 OFFSET $4";

    /// Kept by the table's triggers: to count the rows would cost the more, the more there are.
    COUNT = "
SELECT coalesce(sum(t.rows), 0)::bigint AS total
FROM tallies AS t
WHERE t.table_name = 'reports'";

    /// As far as [`COUNTED_ROWS_MAX`]: what passes a filter is counted row by row.
    COUNT_SOME = "
SELECT count(*) AS total
FROM (SELECT
      FROM reports AS r
      WHERE ($1::text IS NULL OR r.status = $1)
        AND ($2::text IS NULL OR r.type = $2)
        AND ($3::timestamptz IS NULL OR r.created_at > $3)
        AND ($4::timestamptz IS NULL OR r.created_at < $4)
      LIMIT $5) AS passing";

    INSERT = "
INSERT INTO reports (id, type, params, format, requested_by, created_at)
VALUES ($1, $2, $3, $4, $5, $6)";

    /// Held until the transaction ends: whoever begins or ends a report goes one at a time.
    LANE = "
SELECT reports.lane()";

    CANCEL = "
WITH cancelled AS (
    UPDATE reports
    SET status = 'cancelled', finished_at = $2, lease_until = NULL, parked_at = NULL,
        version = version + 1
    WHERE id = $1 AND status IN ('queued', 'running')
    RETURNING id, retries
)
INSERT INTO outbox (id, type, data, dedup, occurred_at)
SELECT $3, $4, $5, reports.dedup(cancelled.id, cancelled.retries), $2
FROM cancelled";

    WAKE = "
SELECT FROM reports.wake(1, interval '0')";

    RETRY = "
WITH again AS (
    UPDATE reports
    SET status = 'queued', finished_at = NULL, started_at = NULL, problem = NULL, attempts = 0,
        retries = retries + 1, asked_at = DEFAULT, asked_on = DEFAULT, rows_done = NULL,
        rows_total = NULL, object_key = NULL, sha256 = NULL, size_bytes = NULL, pages = NULL,
        rows = NULL, version = version + 1
    WHERE id = $1 AND status IN ('failed', 'cancelled', 'expired')
      AND (object_key IS NULL OR object_key = $6)
    RETURNING id, type, params, format, status, fence, rows_done, rows_total, pages, size_bytes,
              problem, requested_by, schedule_id, created_at, started_at, finished_at, retries
), asked AS (
    INSERT INTO outbox (id, type, data, dedup, occurred_at)
    SELECT $2, $3, $4, reports.dedup(again.id, again.retries), $5
    FROM again
)
SELECT * FROM again";

    /// What is to be deleted must not be shown as a document that can be fetched.
    RETIRE = "
WITH retired AS (
    UPDATE reports
    SET status = 'expired', version = version + 1
    WHERE id = $1 AND status = 'succeeded'
    RETURNING id, retries
)
INSERT INTO outbox (id, type, data, dedup, occurred_at)
SELECT $3, $4, $5, reports.dedup(retired.id, retired.retries), $2
FROM retired";

    DOCUMENT = "
SELECT status, object_key
FROM reports
WHERE id = $1";

    DELETE = "
DELETE FROM reports
WHERE id = $1 AND status IN ('failed', 'cancelled', 'expired')";
}

/// Looks one up.
pub fn find(id: ReportId) -> Statement<Option<Report>> {
    Statement::new(FIND).bind(id).optional(report)
}

/// The rows of a page and one more, which tells whether there is another page.
pub fn list(page: PageRequest, filter: &Filter) -> Statement<Vec<Report>> {
    let list = Statement::new(LIST)
        .bind(page.after.created_at)
        .bind(page.after.id)
        .bind(i64::from(page.rows) + 1)
        .bind(i64::from(page.offset));
    filtered(list, filter).many(report)
}

/// How many there are; of those that pass a filter, up to [`COUNTED_ROWS_MAX`].
pub fn count(filter: &Filter) -> Statement<i64> {
    let count = match filter.is_open() {
        true => Statement::new(COUNT),
        false => filtered(Statement::new(COUNT_SOME), filter).bind(COUNTED_ROWS_MAX),
    };
    count.one(|row| row.try_get("total"))
}

fn filtered(statement: Statement<u64>, filter: &Filter) -> Statement<u64> {
    statement
        .bind(filter.status.map(Status::as_str))
        .bind(filter.kind.clone())
        .bind(filter.created_after)
        .bind(filter.created_before)
}

/// Adds one, queued.
pub fn insert(report: &Report) -> Statement<u64> {
    Statement::new(INSERT)
        .bind(report.id)
        .bind(report.kind.clone())
        .bind(report.params.clone())
        .bind(report.format.as_str())
        .bind(report.requested_by)
        .bind(report.created_at)
}

/// Goes ahead of whatever ends a report or queues it again.
pub fn lane() -> Statement<u64> {
    Statement::new(LANE)
}

/// Calls one off that waits or runs, and says so in the outbox; answers 0 when it does neither.
pub fn cancel(id: ReportId, now: OffsetDateTime) -> Statement<u64> {
    Statement::new(CANCEL)
        .bind(id)
        .bind(now)
        .bind(EventId::new())
        .bind(ReportCancelled::TYPE)
        .bind(json!(ReportCancelled { report_id: id }))
}

/// Takes the tenant's oldest parked report out of its rest, if there is room for it.
pub fn wake() -> Statement<u64> {
    Statement::new(WAKE)
}

/// Queues one again that has ended without a document, or whose document is gone.
///
/// `request` goes into the outbox with it. `removed` is where a document was that is gone: one that is
/// still named is not forgotten, and its report not queued.
pub fn retry(
    id: ReportId,
    request: &Envelope<ReportRequested>,
    removed: Option<String>,
) -> Statement<Option<Report>> {
    Statement::new(RETRY)
        .bind(id)
        .bind(request.id)
        .bind(ReportRequested::TYPE)
        .bind(json!(request.data))
        .bind(request.occurred_at)
        .bind(removed)
        .optional(report)
}

/// Ends the time of a document, and says so in the outbox.
pub fn retire(id: ReportId, now: OffsetDateTime) -> Statement<u64> {
    Statement::new(RETIRE)
        .bind(id)
        .bind(now)
        .bind(EventId::new())
        .bind(ReportExpired::TYPE)
        .bind(json!(ReportExpired { report_id: id }))
}

/// How far a report is, and where its document is or was.
pub fn document(id: ReportId) -> Statement<Option<(Status, Option<String>)>> {
    Statement::new(DOCUMENT).bind(id).optional(|row| {
        let status = Status::read(row.try_get("status")?);
        Ok((status, row.try_get("object_key")?))
    })
}

/// Removes one that has come to its end; answers how many rows went.
pub fn delete(id: ReportId) -> Statement<u64> {
    Statement::new(DELETE).bind(id)
}

fn report(row: &Row) -> Result<Report, tokio_postgres::Error> {
    let status = Status::read(row.try_get("status")?);
    let done: Option<i32> = row.try_get("rows_done")?;
    let total: Option<i32> = row.try_get("rows_total")?;
    Ok(Report {
        id: row.try_get("id")?,
        kind: row.try_get("type")?,
        params: row.try_get("params")?,
        // The table's CHECK admits nothing else.
        format: Format::parse(row.try_get("format")?).unwrap_or_default(),
        status,
        fence: row.try_get("fence")?,
        progress: done.zip(total).filter(|_| status == Status::Running),
        pages: row.try_get("pages")?,
        size_bytes: row.try_get("size_bytes")?,
        problem: row.try_get("problem")?,
        requested_by: row.try_get("requested_by")?,
        schedule: row.try_get("schedule_id")?,
        created_at: row.try_get("created_at")?,
        started_at: row.try_get("started_at")?,
        finished_at: row.try_get("finished_at")?,
    })
}
