//! The usage statement of a month: what was used of what the plan gives, and when.

use serde::Deserialize;
use shared::db::{Statement, Transaction};

use super::frame::Frame;
use super::period::Period;
use super::sheet::{Cell, Field, Sheet, table};
use super::terms::{self, Meter, Plan};
use super::{Material, Order};
use crate::job::JobError;
use crate::report::{Bar, BarChart, Figure, ReportData, Width};

const FIELDS: &[Field] = &[
    Field::words("meter", "Meter", Width::Share(1.0)),
    Field::figures("used", "Used", 70.0),
    Field::figures("included", "Included", 70.0),
    Field::figures("beyond", "Beyond", 70.0),
    Field::figures("unit_price_cents", "Each", 70.0),
    Field::figures("cost_cents", "Cost", 80.0),
    Field::data("currency"),
];

shared::statements! {
    DAYS = "
SELECT extract(day FROM e.occurred_at AT TIME ZONE 'UTC')::int AS day, sum(e.quantity)::bigint AS units
FROM billing.published_usage_events AS e
WHERE e.occurred_at >= $1 AND e.occurred_at < $2
GROUP BY 1";
}

#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct Params {
    pub(super) title: Option<String>,
    pub(super) period: String,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            title: None,
            period: "this_month".to_owned(),
        }
    }
}

/// What was used on one day of the month.
struct Day {
    day: i32,
    units: i64,
}

pub(super) async fn read(
    transaction: &mut Transaction<'_>,
    order: &Order<'_>,
) -> Result<Material, JobError> {
    let params: Params = order.read()?;
    let period = Period::read(&params.period, order.asked_at)?;
    let work = (terms::plan(), terms::meters(period.start), days(&period));
    let (frame, (plan, meters, days)) = Frame::begin(transaction, order, work).await?;
    let mut sheet = Sheet::new(&frame, FIELDS);
    let mut costs = Vec::with_capacity(meters.len());
    for meter in &meters {
        let cost = meter.cost_cents()?;
        costs.push(cost);
        sheet.push(&[
            Cell::Word(&meter.name),
            Cell::Whole(meter.used),
            Cell::Whole(meter.included),
            Cell::Whole(meter.beyond()),
            Cell::Money(meter.unit_price_cents),
            Cell::Money(cost),
            Cell::Word(&plan.currency),
        ])?;
    }
    let cost_cents = terms::total(costs)?;
    let chart = chart(&frame, &period, &days);
    let data = ReportData {
        charts: vec![chart.into()],
        ..present(&frame, params.title, period, &plan, &meters, cost_cents)
    };
    Ok(sheet.finish(data)?)
}

fn present(
    frame: &Frame<'_>,
    title: Option<String>,
    period: Period,
    plan: &Plan,
    meters: &[Meter],
    cost_cents: i64,
) -> ReportData {
    let tile = |label: &str, value: String, note: String| Figure {
        label: label.to_owned(),
        value,
        note,
    };
    let limit = |label: &str, limit: i32| tile(label, frame.whole(limit.into()), String::new());
    let cost = format!("{} {}", frame.money(cost_cents), plan.currency);
    let mut totals = vec![String::new(); FIELDS.len() - 2];
    totals.push(cost.clone());
    if let Some(first) = totals.first_mut() {
        "Total".clone_into(first);
    }
    ReportData {
        figures: vec![
            tile("Plan", plan.name.clone(), "in force now".to_owned()),
            limit("Requests per minute", plan.requests_per_minute),
            limit("Requests per day", plan.requests_per_day),
            limit("Reports per month", plan.reports_per_month),
            tile("Beyond the plan", cost, String::new()),
        ],
        // Without a meter there is nothing to add up.
        table: match meters.is_empty() {
            true => table("Usage by meter", Vec::new()),
            false => table("Usage by meter", totals),
        },
        ..frame.around(
            title.unwrap_or_else(|| "Usage statement".to_owned()),
            period.words,
        )
    }
}

fn chart(frame: &Frame<'_>, period: &Period, days: &[Day]) -> BarChart {
    let length = (period.end - period.start).whole_days();
    let bar = |number: i64| {
        let of_day = days.iter().find(|day| i64::from(day.day) == number);
        let units = of_day.map_or(0, |day| day.units);
        Bar {
            label: number.to_string(),
            // What is shown rounded is said exactly beside it.
            value: f64::from(i32::try_from(units).unwrap_or(i32::MAX)),
            text: frame.whole(units),
        }
    };
    BarChart {
        title: "Units per day of the month".to_owned(),
        bars: (1..=length).map(bar).collect(),
    }
}

fn days(period: &Period) -> Statement<Vec<Day>> {
    Statement::new(DAYS)
        .bind(period.start)
        .bind(period.end)
        .many(|row| {
            Ok(Day {
                day: row.try_get("day")?,
                units: row.try_get("units")?,
            })
        })
}
