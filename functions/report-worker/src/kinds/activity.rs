//! The activity of a period: what the domains said that happened, newest first, and when it
//! happened most.
//!
//! The domains' events are kept for 100 days (`app.outbox_purge`), so no period reaches back
//! further.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use shared::db::{Statement, Transaction};
use shared::page::Keyset;
use tokio_postgres::Row;
use uuid::Uuid;

use super::frame::Frame;
use super::period::Period;
use super::sheet::{BATCH_ROWS, Cell, Field, Sheet};
use super::{Material, Order};
use crate::job::JobError;
use crate::report::Width;

mod present;

use present::{Bars, present, what};

const FIELDS: &[Field] = &[
    Field::words("occurred_at", "When", Width::Points(95.0)),
    Field::data("event"),
    Field::words("what", "What", Width::Points(130.0)),
    Field::words("about", "About", Width::Share(1.0)),
    Field::data("event_id"),
];

shared::statements! {
    /// A view of the pool for each domain, each of which gives its newest rows from an index.
    EVENTS = "
SELECT d.id, d.occurred_at, d.type, d.data
FROM (
       (SELECT a.id, a.occurred_at, a.type, a.data FROM auth.published_events AS a
        WHERE a.occurred_at >= $1 AND (a.occurred_at, a.id) < ($2, $3)
        ORDER BY a.occurred_at DESC, a.id DESC LIMIT $4)
       UNION ALL
       (SELECT b.id, b.occurred_at, b.type, b.data FROM billing.published_events AS b
        WHERE b.occurred_at >= $1 AND (b.occurred_at, b.id) < ($2, $3)
        ORDER BY b.occurred_at DESC, b.id DESC LIMIT $4)
       UNION ALL
       (SELECT j.id, j.occurred_at, j.type, j.data FROM projects.published_events AS j
        WHERE j.occurred_at >= $1 AND (j.occurred_at, j.id) < ($2, $3)
        ORDER BY j.occurred_at DESC, j.id DESC LIMIT $4)
       UNION ALL
       (SELECT o.id, o.occurred_at, o.type, o.data FROM reports.published_events AS o
        WHERE o.occurred_at >= $1 AND (o.occurred_at, o.id) < ($2, $3)
        ORDER BY o.occurred_at DESC, o.id DESC LIMIT $4)
      ) AS d
ORDER BY d.occurred_at DESC, d.id DESC
LIMIT $4";

    /// By identity, because under a policy no index serves what is taken out of JSON. Projects are
    /// where the tenant is.
    PROJECTS = "
SELECT p.id, p.name
FROM published_projects AS p
WHERE p.id = ANY($1)";

    REPORTS = "
SELECT r.id, r.type AS name
FROM reports.reports AS r
WHERE r.id = ANY($1)";

    COUNTS = "
SELECT e.type, floor(extract(epoch FROM e.occurred_at - $1) / $3::int)::int AS bar, count(*) AS events
FROM (SELECT a.occurred_at, a.type FROM auth.published_events AS a
      UNION ALL
      SELECT b.occurred_at, b.type FROM billing.published_events AS b
      UNION ALL
      SELECT j.occurred_at, j.type FROM projects.published_events AS j
      UNION ALL
      SELECT o.occurred_at, o.type FROM reports.published_events AS o) AS e
WHERE e.occurred_at >= $1 AND e.occurred_at < $2
GROUP BY 1, 2";
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

struct Event {
    key: Keyset,
    kind: String,
    data: Value,
}

impl Event {
    fn text(&self, member: &str) -> Option<&str> {
        self.data.get(member).and_then(Value::as_str)
    }

    fn id(&self, member: &str) -> Option<Uuid> {
        self.text(member)?.parse().ok()
    }
}

/// What projects and reports are called.
type Names = HashMap<Uuid, String>;

struct Count {
    kind: String,
    bar: i32,
    events: i64,
}

pub(super) async fn read(
    transaction: &mut Transaction<'_>,
    order: &Order<'_>,
) -> Result<Material, JobError> {
    let params: Params = order.read()?;
    let period = Period::read(&params.period, order.asked_at)?;
    let bars = Bars::of(&period);
    let counts = counts(&period, bars.secs());
    let (frame, counts) = Frame::begin(transaction, order, counts).await?;
    let mut sheet = Sheet::new(&frame, FIELDS);
    let mut after = Keyset {
        created_at: period.end,
        id: Uuid::nil(),
    };
    // The sheet refuses the row after the last allowed one, which bounds this loop.
    loop {
        let batch = transaction.run(events(&period, after)).await?;
        let names = names(transaction, &batch).await?;
        for event in &batch {
            sheet.push(&[
                Cell::Minute(event.key.created_at),
                Cell::Word(&event.kind),
                Cell::Word(what(&event.kind)),
                Cell::Text(about(event, &names)),
                Cell::Id(Some(event.key.id)),
            ])?;
        }
        match batch.last() {
            Some(last) => after = last.key,
            None => {
                return Ok(sheet.finish(present(&frame, params.title, period, &bars, &counts))?);
            }
        }
    }
}

/// What it happened to: a name where there is one, or else its identity.
fn about<'e>(event: &'e Event, names: &'e Names) -> &'e str {
    let things = ["project_id", "report_id"];
    let name = |member| names.get(&event.id(member)?).map(String::as_str);
    let named = things.into_iter().find_map(name);
    let said = ["plan", "project_id", "report_id"];
    named
        .or_else(|| said.into_iter().find_map(|member| event.text(member)))
        .unwrap_or_default()
}

/// The names of what a batch is about; what is gone has none.
async fn names(transaction: &mut Transaction<'_>, batch: &[Event]) -> Result<Names, JobError> {
    let ids = |member: &str| -> Vec<Uuid> {
        let ids = batch.iter().filter_map(|event| event.id(member));
        ids.collect()
    };
    let named = |sql, ids: Vec<Uuid>| {
        Statement::new(sql)
            .bind(ids)
            .many(|row| Ok((row.try_get("id")?, row.try_get("name")?)))
    };
    let work = (
        named(PROJECTS, ids("project_id")),
        named(REPORTS, ids("report_id")),
    );
    let (projects, reports): (Vec<_>, Vec<_>) = transaction.run(work).await?;
    Ok(projects.into_iter().chain(reports).collect())
}

fn counts(period: &Period, bar_secs: i32) -> Statement<Vec<Count>> {
    Statement::new(COUNTS)
        .bind(period.start)
        .bind(period.end)
        .bind(bar_secs)
        .many(|row| {
            Ok(Count {
                kind: row.try_get("type")?,
                bar: row.try_get("bar")?,
                events: row.try_get("events")?,
            })
        })
}

fn events(period: &Period, after: Keyset) -> Statement<Vec<Event>> {
    Statement::new(EVENTS)
        .bind(period.start)
        .bind(after.created_at)
        .bind(after.id)
        .bind(BATCH_ROWS)
        .many(event)
}

fn event(row: &Row) -> Result<Event, tokio_postgres::Error> {
    Ok(Event {
        key: Keyset {
            created_at: row.try_get("occurred_at")?,
            id: row.try_get("id")?,
        },
        kind: row.try_get("type")?,
        data: row.try_get("data")?,
    })
}
