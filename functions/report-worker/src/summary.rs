//! The project summary: what it reads, and how it becomes a report.

use serde::Deserialize;
use serde_json::Value;
use shared::db::{Access, Database, DbError, Statement, Transaction};
use shared::page::Keyset;
use shared::tenant::Tenant;
use time::{Duration, OffsetDateTime};
use tokio_postgres::Row;

use crate::job::JobError;
use crate::report::{Limits, ReportData, RowSpool, SpooledRows};

mod present;

use present::{chart_months, day, present};

/// Rows read at a time: a batch's memory, and the most that one statement reads.
const BATCH_ROWS: i64 = 1_000;
/// What counts as new, in days.
const NEW_DAYS: i64 = 30;

shared::statements! {
    FIGURES = "
SELECT count(*) AS total,
       count(*) FILTER (WHERE p.status = 'active') AS active,
       count(*) FILTER (WHERE p.status = 'archived') AS archived,
       count(*) FILTER (WHERE p.created_at >= $2) AS fresh
FROM published_projects AS p
WHERE $1::text IS NULL OR p.status = $1";

    MONTHS = "
SELECT to_char(p.created_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month, count(*) AS made
FROM published_projects AS p
WHERE p.created_at >= $2 AND ($1::text IS NULL OR p.status = $1)
GROUP BY 1";

    ROWS = "
SELECT p.id, p.name, p.status, p.created_at, p.updated_at
FROM published_projects AS p
WHERE (p.created_at, p.id) < ($2, $3) AND ($1::text IS NULL OR p.status = $1)
ORDER BY p.created_at DESC, p.id DESC
LIMIT $4";
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Params {
    title: Option<String>,
    status: Option<String>,
}

struct Figures {
    total: i64,
    active: i64,
    archived: i64,
    fresh: i64,
}

struct MonthCount {
    month: String,
    made: i64,
}

struct Project {
    key: Keyset,
    name: String,
    status: String,
    updated_at: OffsetDateTime,
}

/// A report and its rows.
pub type Material = (ReportData, SpooledRows);

/// Reads everything a summary shows, as of one instant.
///
/// The rows come in batches and go into a spool, so that neither the database nor the worker holds
/// them all; more than `limits` allows is refused before it has been read.
pub async fn read(
    db: &Database,
    tenant: Tenant,
    tenant_name: &str,
    params: &Value,
    limits: &Limits,
    now: OffsetDateTime,
) -> Result<Material, JobError> {
    let params: Params = serde_json::from_value(params.clone()).map_err(JobError::Params)?;
    let status = params.status.clone();
    db.transaction(tenant, Access::Snapshot, async |transaction| {
        let work = (figures(status.clone(), now), months(status.clone(), now));
        let (figures, months) = transaction.run(work).await?;
        let rows = spool(transaction, status, limits).await?;
        let data = present(tenant_name, params.title.as_deref(), &figures, &months, now);
        Ok((data, rows))
    })
    .await
}

async fn spool(
    transaction: &mut Transaction<'_>,
    status: Option<String>,
    limits: &Limits,
) -> Result<SpooledRows, JobError> {
    let mut spool = RowSpool::new(limits.rows);
    let mut after = Keyset::START;
    // The spool refuses the row after the last allowed one, which bounds this loop.
    loop {
        let batch = transaction.run(rows(status.clone(), after)).await?;
        for project in &batch {
            let (made, changed) = (day(project.key.created_at), day(project.updated_at));
            spool.push([&*project.name, &*project.status, &*made, &*changed])?;
        }
        match batch.last() {
            Some(last) => after = last.key,
            None => return Ok(spool.finish()?),
        }
    }
}

fn figures(status: Option<String>, now: OffsetDateTime) -> Statement<Figures> {
    Statement::new(FIGURES)
        .bind(status)
        .bind(now - Duration::days(NEW_DAYS))
        .one(|row| {
            Ok(Figures {
                total: row.try_get("total")?,
                active: row.try_get("active")?,
                archived: row.try_get("archived")?,
                fresh: row.try_get("fresh")?,
            })
        })
}

fn months(status: Option<String>, now: OffsetDateTime) -> Statement<Vec<MonthCount>> {
    let first = chart_months(now).first().copied();
    let from = first.map_or(now, |first| first.midnight().assume_utc());
    Statement::new(MONTHS).bind(status).bind(from).many(|row| {
        Ok(MonthCount {
            month: row.try_get("month")?,
            made: row.try_get("made")?,
        })
    })
}

fn rows(status: Option<String>, after: Keyset) -> Statement<Vec<Project>> {
    Statement::new(ROWS)
        .bind(status)
        .bind(after.created_at)
        .bind(after.id)
        .bind(BATCH_ROWS)
        .many(project)
}

fn project(row: &Row) -> Result<Project, tokio_postgres::Error> {
    Ok(Project {
        key: Keyset {
            created_at: row.try_get("created_at")?,
            id: row.try_get("id")?,
        },
        name: row.try_get("name")?,
        status: row.try_get("status")?,
        updated_at: row.try_get("updated_at")?,
    })
}

impl From<DbError> for JobError {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}
