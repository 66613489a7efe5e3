//! Every statement of this domain, next to the row it yields.

use shared::db::Statement;
use shared::ids::ReportId;
use shared::page::PageRequest;
use shared::storage::Format;
use tokio_postgres::Row;

use crate::domain::{Report, Status};

shared::statements! {
    FIND = "
SELECT id, type, params, format, status, fence, pages, size_bytes, problem, requested_by,
       created_at, started_at, finished_at
FROM reports
WHERE id = $1";

    LIST = "
SELECT r.id, r.type, r.params, r.format, r.status, r.fence, r.pages, r.size_bytes, r.problem,
       r.requested_by, r.created_at, r.started_at, r.finished_at
FROM reports AS r
WHERE (r.created_at, r.id) < ($1, $2)
ORDER BY r.created_at DESC, r.id DESC
LIMIT $3 OFFSET $4";

    /// Kept by the table's triggers: to count the rows would cost the more, the more there are.
    COUNT = "
SELECT coalesce(sum(t.rows), 0)::bigint AS total
FROM tallies AS t
WHERE t.table_name = 'reports'";

    INSERT = "
INSERT INTO reports (id, type, params, format, requested_by, created_at)
VALUES ($1, $2, $3, $4, $5, $6)";
}

/// Looks one up.
pub fn find(id: ReportId) -> Statement<Option<Report>> {
    Statement::new(FIND).bind(id).optional(report)
}

/// The rows of a page and one more, which tells whether there is another page.
pub fn list(page: PageRequest) -> Statement<Vec<Report>> {
    Statement::new(LIST)
        .bind(page.after.created_at)
        .bind(page.after.id)
        .bind(i64::from(page.rows) + 1)
        .bind(i64::from(page.offset))
        .many(report)
}

/// How many there are.
pub fn count() -> Statement<i64> {
    Statement::new(COUNT).one(|row| row.try_get("total"))
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

fn report(row: &Row) -> Result<Report, tokio_postgres::Error> {
    Ok(Report {
        id: row.try_get("id")?,
        kind: row.try_get("type")?,
        params: row.try_get("params")?,
        // The table's CHECK admits nothing else.
        format: Format::parse(row.try_get("format")?).unwrap_or_default(),
        status: Status::read(row.try_get("status")?),
        fence: row.try_get("fence")?,
        pages: row.try_get("pages")?,
        size_bytes: row.try_get("size_bytes")?,
        problem: row.try_get("problem")?,
        requested_by: row.try_get("requested_by")?,
        created_at: row.try_get("created_at")?,
        started_at: row.try_get("started_at")?,
        finished_at: row.try_get("finished_at")?,
    })
}
