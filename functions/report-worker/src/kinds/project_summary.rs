//! The project summary: all projects, with figures and how many were made in each month.

use serde::Deserialize;
use shared::db::{Statement, Transaction};
use shared::page::Keyset;
use time::{Duration, OffsetDateTime};
use tokio_postgres::Row;

use super::frame::Frame;
use super::sheet::{BATCH_ROWS, Cell, Field, Sheet};
use super::{Material, Order};
use crate::job::JobError;
use crate::report::Width;

mod present;

use present::{chart_months, present};

/// What counts as new, in days.
const NEW_DAYS: i64 = 30;

const FIELDS: &[Field] = &[
    Field::data("project_id"),
    Field::words("name", "Project", Width::Share(1.0)),
    Field::words("status", "Status", Width::Points(70.0)),
    Field::figures("created_at", "Created", 80.0),
    Field::figures("updated_at", "Changed", 80.0),
];

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

pub(super) async fn read(
    transaction: &mut Transaction<'_>,
    order: &Order<'_>,
) -> Result<Material, JobError> {
    let params: Params = order.read()?;
    let (status, now) = (params.status.clone(), order.now);
    let work = (figures(status.clone(), now), months(status.clone(), now));
    let (frame, (figures, months)) = Frame::begin(transaction, order, work).await?;
    let data = present(&frame, params.title.as_deref(), &figures, &months);
    let mut sheet = Sheet::new(&frame, FIELDS);
    let mut after = Keyset::START;
    // The sheet refuses the row after the last allowed one, which bounds this loop.
    loop {
        let batch = transaction.run(rows(status.clone(), after)).await?;
        for project in &batch {
            sheet.push(&[
                Cell::Id(Some(project.key.id)),
                Cell::Text(&project.name),
                Cell::Word(&project.status),
                Cell::Day(project.key.created_at),
                Cell::Day(project.updated_at),
            ])?;
        }
        match batch.last() {
            Some(last) => after = last.key,
            None => return Ok(sheet.finish(data)?),
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
