//! The activity of a period: what the domains said that happened, newest first, and when it
//! happened most.
//!
//! The domains' events are kept for 100 days (`app.outbox_purge`), so no period reaches back
//! further.

use serde::Deserialize;
use serde_json::Value;
use shared::db::{Statement, Transaction};
use shared::page::Keyset;
use time::{Duration, OffsetDateTime};
use tokio_postgres::Row;

use super::period::Period;
use super::sheet::{BATCH_ROWS, Cell, Field, Sheet, table};
use super::words::{day, whole};
use super::{Material, Order};
use crate::job::JobError;
use crate::report::{BARS_MAX, Bar, BarChart, Figure, ReportData, Width};

/// The days of a bar where the period has more days than a chart has bars.
const WEEK_DAYS: i64 = 7;

const FIELDS: &[Field] = &[
    Field::words("occurred_at", "When", Width::Points(95.0)),
    Field::data("event"),
    Field::words("what", "What", Width::Points(130.0)),
    Field::words("about", "About", Width::Share(1.0)),
    Field::data("event_id"),
];

shared::statements! {
    /// A view of the pool for each domain; projects are where the tenant is.
    EVENTS = "
SELECT e.id, e.occurred_at, e.type, e.data, p.name AS project, r.type AS report
FROM (SELECT a.id, a.occurred_at, a.type, a.data FROM auth.published_events AS a
      UNION ALL
      SELECT b.id, b.occurred_at, b.type, b.data FROM billing.published_events AS b
      UNION ALL
      SELECT j.id, j.occurred_at, j.type, j.data FROM projects.published_events AS j
      UNION ALL
      SELECT o.id, o.occurred_at, o.type, o.data FROM reports.published_events AS o) AS e
LEFT JOIN published_projects AS p ON p.id = (e.data ->> 'project_id')::uuid
LEFT JOIN reports.reports AS r ON r.id = (e.data ->> 'report_id')::uuid
WHERE e.occurred_at >= $1 AND (e.occurred_at, e.id) < ($2, $3)
ORDER BY e.occurred_at DESC, e.id DESC
LIMIT $4";

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
    project: Option<String>,
    report: Option<String>,
}

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
    let counts = transaction.run(counts(&period, bars.secs())).await?;
    let mut sheet = Sheet::new(order, FIELDS);
    let mut after = Keyset {
        created_at: period.end,
        id: uuid::Uuid::nil(),
    };
    // The sheet refuses the row after the last allowed one, which bounds this loop.
    loop {
        let batch = transaction.run(events(&period, after)).await?;
        for event in &batch {
            sheet.push(&[
                Cell::Minute(event.key.created_at),
                Cell::Word(&event.kind),
                Cell::Word(what(&event.kind)),
                Cell::Text(about(event)),
                Cell::Id(Some(event.key.id)),
            ])?;
        }
        match batch.last() {
            Some(last) => after = last.key,
            None => {
                return Ok(sheet.finish(present(order, params.title, period, &bars, &counts))?);
            }
        }
    }
}

/// What a reader calls an event; what only newer code knows keeps its name.
fn what(kind: &str) -> &str {
    match kind {
        "tenant.created" => "Tenant founded",
        "project.created" => "Project created",
        "project.deleted" => "Project deleted",
        "report.requested" => "Report asked for",
        "report.succeeded" => "Report made",
        "report.failed" => "Report failed",
        "report.cancelled" => "Report cancelled",
        "report.expired" => "Report expired",
        "subscription.changed" => "Plan changed",
        other => other,
    }
}

/// What it happened to: a name where there is one, or else its identity.
fn about(event: &Event) -> &str {
    let member = |name: &str| event.data.get(name).and_then(Value::as_str);
    let named = [&event.project, &event.report];
    let name = named.into_iter().find_map(Option::as_deref);
    let known = ["plan", "project_id", "report_id"];
    name.or_else(|| known.into_iter().find_map(member))
        .unwrap_or_default()
}

/// How the period is cut into bars.
struct Bars {
    start: OffsetDateTime,
    days: i64,
    count: i64,
}

impl Bars {
    fn of(period: &Period) -> Self {
        let whole_days = (period.end - period.start).whole_days().max(1);
        let most = i64::try_from(BARS_MAX).unwrap_or(i64::MAX);
        let days = if whole_days > most { WEEK_DAYS } else { 1 };
        Self {
            start: period.start,
            days,
            count: (whole_days + days - 1) / days,
        }
    }

    fn secs(&self) -> i32 {
        i32::try_from(Duration::days(self.days).whole_seconds()).unwrap_or(i32::MAX)
    }

    fn chart(&self, counts: &[Count]) -> BarChart {
        let bar = |number: i64| {
            let of_bar = counts.iter().filter(|count| i64::from(count.bar) == number);
            let events: i64 = of_bar.map(|count| count.events).sum();
            let first = day(self.start + Duration::days(number * self.days));
            Bar {
                // The month stands in the period; bars are narrow.
                label: first.get(8..).unwrap_or_default().to_owned(),
                // A count of rows is far below where f64 begins to round.
                value: f64::from(i32::try_from(events).unwrap_or(i32::MAX)),
                text: whole(events),
            }
        };
        let each = if self.days == 1 { "day" } else { "week" };
        BarChart {
            title: format!("Events per {each}, by its first day"),
            bars: (0..self.count).map(bar).collect(),
        }
    }
}

fn present(
    order: &Order<'_>,
    title: Option<String>,
    period: Period,
    bars: &Bars,
    counts: &[Count],
) -> ReportData {
    let of = |kinds: &[&str]| {
        let those = counts.iter().filter(|count| kinds.contains(&&*count.kind));
        those.map(|count| count.events).sum::<i64>()
    };
    let total: i64 = counts.iter().map(|count| count.events).sum();
    let tile = |label: &str, count: i64| Figure {
        label: label.to_owned(),
        value: whole(count),
        note: String::new(),
    };
    ReportData {
        language: "en".to_owned(),
        tenant: order.tenant_name.to_owned(),
        title: title.unwrap_or_else(|| "Activity".to_owned()),
        number: String::new(),
        period: period.words,
        generated_at: order.now,
        figures: vec![
            tile("Events", total),
            tile("Projects created", of(&["project.created"])),
            tile("Projects deleted", of(&["project.deleted"])),
            tile("Reports made", of(&["report.succeeded"])),
        ],
        chart: Some(bars.chart(counts)),
        charts: Vec::new(),
        table: table("What happened", Vec::new()),
    }
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
        project: row.try_get("project")?,
        report: row.try_get("report")?,
    })
}
