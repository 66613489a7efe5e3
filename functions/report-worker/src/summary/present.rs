//! How the figures of a summary become a report.

use time::{Date, Month, OffsetDateTime};

use super::{Figures, MonthCount, NEW_DAYS};
use crate::report::{Align, Bar, BarChart, Column, Figure, ReportData, Table, Width};

/// How far back the chart goes, in months, this one among them.
const CHART_MONTHS: usize = 12;
/// The title of a summary that was given none.
const TITLE: &str = "Project summary";

pub(super) fn present(
    tenant_name: &str,
    title: Option<&str>,
    figures: &Figures,
    months: &[MonthCount],
    now: OffsetDateTime,
) -> ReportData {
    let share = |part: i64| match figures.total {
        0 => String::new(),
        total => format!(
            "{} % of all",
            (part.saturating_mul(100) + total / 2) / total
        ),
    };
    let tile = |label: &str, value: i64, note: String| Figure {
        label: label.to_owned(),
        value: grouped(value),
        note,
    };
    ReportData {
        language: "en".to_owned(),
        tenant: tenant_name.to_owned(),
        title: title.unwrap_or(TITLE).to_owned(),
        number: String::new(),
        period: format!("As of {}", day(now)),
        generated_at: now,
        figures: vec![
            tile("Projects", figures.total, String::new()),
            tile("Active", figures.active, share(figures.active)),
            tile("Archived", figures.archived, share(figures.archived)),
            tile("New", figures.fresh, format!("in {NEW_DAYS} days")),
        ],
        chart: Some(chart(months, now)),
        charts: Vec::new(),
        table: Table {
            title: "All projects".to_owned(),
            columns: columns(),
            totals: vec![
                "Total".to_owned(),
                String::new(),
                String::new(),
                grouped(figures.total),
            ],
        },
    }
}

fn columns() -> Vec<Column> {
    let column = |title: &str, align, width| Column {
        title: title.to_owned(),
        align,
        width,
    };
    vec![
        column("Project", Align::Start, Width::Share(1.0)),
        column("Status", Align::Start, Width::Points(70.0)),
        column("Created", Align::End, Width::Points(80.0)),
        column("Changed", Align::End, Width::Points(80.0)),
    ]
}

fn chart(months: &[MonthCount], now: OffsetDateTime) -> BarChart {
    let bar = |first: Date| {
        let name = format!("{:04}-{:02}", first.year(), u8::from(first.month()));
        let made = months.iter().find(|counted| counted.month == name);
        let made = made.map_or(0, |counted| counted.made);
        let month = first.month().to_string();
        Bar {
            label: month.chars().take(3).collect(),
            // A count of rows is far below where f64 begins to round.
            value: f64::from(i32::try_from(made).unwrap_or(i32::MAX)),
            text: grouped(made),
        }
    };
    BarChart {
        title: "New projects per month".to_owned(),
        bars: chart_months(now).into_iter().map(bar).collect(),
    }
}

/// The first days of the months of the chart, oldest first.
pub(super) fn chart_months(now: OffsetDateTime) -> Vec<Date> {
    let mut first = first_of(now.year(), now.month());
    let mut months = Vec::with_capacity(CHART_MONTHS);
    for _ in 0..CHART_MONTHS {
        months.push(first);
        let before = first.previous_day().unwrap_or(Date::MIN);
        first = first_of(before.year(), before.month());
    }
    months.reverse();
    months
}

fn first_of(year: i32, month: Month) -> Date {
    Date::from_calendar_date(year, month, 1).unwrap_or(Date::MIN)
}

/// A day in the form that no two countries read differently (ISO 8601).
pub(super) fn day(at: OffsetDateTime) -> String {
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    format!("{year:04}-{month:02}-{day:02}")
}

/// A count with its thousands apart.
fn grouped(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if count < 0 {
        text.push('-');
    }
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (-1_234_567, "-1,234,567"),
        ];
        for (count, text) in cases {
            assert_eq!(grouped(count), text);
        }
    }

    #[test]
    fn the_chart_ends_with_this_month_and_crosses_new_year() {
        let months = chart_months(datetime!(2026-03-31 23:59 UTC));
        assert_eq!(months.len(), CHART_MONTHS);
        assert_eq!(months.first().unwrap().to_string(), "2025-04-01");
        assert_eq!(months.last().unwrap().to_string(), "2026-03-01");
    }
}
