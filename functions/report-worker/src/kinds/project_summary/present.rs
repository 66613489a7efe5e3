//! How the figures of a summary become a report.

use time::{Date, Month, OffsetDateTime};

use super::{Figures, MonthCount, NEW_DAYS};
use crate::kinds::frame::Frame;
use crate::kinds::sheet::table;
use crate::kinds::words::day;
use crate::report::{Bar, BarChart, Figure, ReportData};

/// How far back the chart goes, in months, this one among them.
const CHART_MONTHS: usize = 12;
/// The title of a summary that was given none.
const TITLE: &str = "Project summary";

pub(super) fn present(
    frame: &Frame<'_>,
    title: Option<&str>,
    figures: &Figures,
    months: &[MonthCount],
) -> ReportData {
    let now = frame.order.now;
    let share = |part: i64| match figures.total {
        0 => String::new(),
        total => format!(
            "{} % of all",
            (part.saturating_mul(100) + total / 2) / total
        ),
    };
    let tile = |label: &str, value: i64, note: String| Figure {
        label: label.to_owned(),
        value: frame.whole(value),
        note,
    };
    ReportData {
        figures: vec![
            tile("Projects", figures.total, String::new()),
            tile("Active", figures.active, share(figures.active)),
            tile("Archived", figures.archived, share(figures.archived)),
            tile("New", figures.fresh, format!("in {NEW_DAYS} days")),
        ],
        charts: vec![chart(frame, months).into()],
        table: table(
            "All projects",
            vec![
                "Total".to_owned(),
                String::new(),
                String::new(),
                frame.whole(figures.total),
            ],
        ),
        ..frame.around(title.unwrap_or(TITLE), format!("As of {}", day(now)))
    }
}

fn chart(frame: &Frame<'_>, months: &[MonthCount]) -> BarChart {
    let bar = |first: Date| {
        let name = format!("{:04}-{:02}", first.year(), u8::from(first.month()));
        let made = months.iter().find(|counted| counted.month == name);
        let made = made.map_or(0, |counted| counted.made);
        let month = first.month().to_string();
        Bar {
            label: month.chars().take(3).collect(),
            // A count of rows is far below where f64 begins to round.
            value: f64::from(i32::try_from(made).unwrap_or(i32::MAX)),
            text: frame.whole(made),
        }
    };
    BarChart {
        title: "New projects per month".to_owned(),
        bars: chart_months(frame.order.now).into_iter().map(bar).collect(),
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

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_chart_ends_with_this_month_and_crosses_new_year() {
        let months = chart_months(datetime!(2026-03-31 23:59 UTC));
        assert_eq!(months.len(), CHART_MONTHS);
        assert_eq!(months.first().unwrap().to_string(), "2025-04-01");
        assert_eq!(months.last().unwrap().to_string(), "2026-03-01");
    }
}
