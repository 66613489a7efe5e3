//! The audit extract: who did what to whom in a period, newest first.

use serde::Deserialize;
use serde_json::Value;
use shared::db::{Statement, Transaction};
use shared::page::Keyset;
use tokio_postgres::Row;
use uuid::Uuid;

use super::frame::Frame;
use super::period::Period;
use super::sheet::{BATCH_ROWS, Cell, Field, Sheet, table};
use super::{Material, Order};
use crate::job::JobError;
use crate::report::{Figure, ReportData, Width};

const FIELDS: &[Field] = &[
    Field::words("occurred_at", "When", Width::Points(90.0)),
    Field::words("action", "Action", Width::Points(95.0)),
    Field::words("actor", "By", Width::Share(1.0)),
    Field::data("actor_id"),
    // An identity on one line.
    Field::words("subject_id", "To", Width::Points(190.0)),
    Field::data("details"),
    Field::data("entry_id"),
];

shared::statements! {
    COUNTS = "
SELECT count(*) AS entries, count(DISTINCT a.actor_id) AS actors
FROM auth.published_audit_log AS a
WHERE a.occurred_at >= $1 AND a.occurred_at < $2";

    /// The name of an actor who is no longer a member is not shown: the identity is.
    ENTRIES = "
SELECT a.id, a.occurred_at, a.action, a.actor_id, a.subject_id, a.details, u.email AS actor
FROM auth.published_audit_log AS a
LEFT JOIN LATERAL auth.find_user(a.actor_id) AS u ON true
WHERE a.occurred_at >= $1 AND (a.occurred_at, a.id) < ($2, $3)
ORDER BY a.occurred_at DESC, a.id DESC
LIMIT $4";
}

#[derive(Debug, Deserialize)]
#[serde(default)]
struct Params {
    title: Option<String>,
    period: String,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            title: None,
            period: "last_30_days".to_owned(),
        }
    }
}

struct Counts {
    entries: i64,
    actors: i64,
}

struct Entry {
    key: Keyset,
    action: String,
    actor: Option<String>,
    actor_id: Option<Uuid>,
    subject_id: Uuid,
    details: Value,
}

pub(super) async fn read(
    transaction: &mut Transaction<'_>,
    order: &Order<'_>,
) -> Result<Material, JobError> {
    let params: Params = order.read()?;
    let period = Period::read(&params.period, order.asked_at)?;
    let (frame, counts) = Frame::begin(transaction, order, counts(&period)).await?;
    let mut sheet = Sheet::new(&frame, FIELDS);
    let mut after = Keyset {
        created_at: period.end,
        id: Uuid::nil(),
    };
    // The sheet refuses the row after the last allowed one, which bounds this loop.
    loop {
        let batch = transaction.run(entries(&period, after)).await?;
        for entry in &batch {
            push(&mut sheet, entry)?;
        }
        match batch.last() {
            Some(last) => after = last.key,
            None => return Ok(sheet.finish(present(&frame, params.title, period, &counts))?),
        }
    }
}

fn push(sheet: &mut Sheet<'_>, entry: &Entry) -> Result<(), JobError> {
    let identity = entry.actor_id.map(|id| id.to_string());
    let actor = entry.actor.as_deref().or(identity.as_deref());
    sheet.push(&[
        Cell::Minute(entry.key.created_at),
        Cell::Word(&entry.action),
        Cell::Text(actor.unwrap_or("Tenantry")),
        Cell::Id(entry.actor_id),
        Cell::Id(Some(entry.subject_id)),
        Cell::Json(&entry.details),
        Cell::Id(Some(entry.key.id)),
    ])?;
    Ok(())
}

fn present(
    frame: &Frame<'_>,
    title: Option<String>,
    period: Period,
    counts: &Counts,
) -> ReportData {
    let tile = |label: &str, count: i64| Figure {
        label: label.to_owned(),
        value: frame.whole(count),
        note: String::new(),
    };
    ReportData {
        figures: vec![
            tile("Entries", counts.entries),
            tile("People", counts.actors),
        ],
        table: table("Entries", Vec::new()),
        ..frame.around(
            title.unwrap_or_else(|| "Audit extract".to_owned()),
            period.words,
        )
    }
}

fn counts(period: &Period) -> Statement<Counts> {
    Statement::new(COUNTS)
        .bind(period.start)
        .bind(period.end)
        .one(|row| {
            Ok(Counts {
                entries: row.try_get("entries")?,
                actors: row.try_get("actors")?,
            })
        })
}

fn entries(period: &Period, after: Keyset) -> Statement<Vec<Entry>> {
    Statement::new(ENTRIES)
        .bind(period.start)
        .bind(after.created_at)
        .bind(after.id)
        .bind(BATCH_ROWS)
        .many(entry)
}

fn entry(row: &Row) -> Result<Entry, tokio_postgres::Error> {
    Ok(Entry {
        key: Keyset {
            created_at: row.try_get("occurred_at")?,
            id: row.try_get("id")?,
        },
        action: row.try_get("action")?,
        actor: row.try_get("actor")?,
        actor_id: row.try_get("actor_id")?,
        subject_id: row.try_get("subject_id")?,
        details: row.try_get("details")?,
    })
}
