//! How the activity of a period becomes a report.

use time::{Duration, OffsetDateTime};

use super::Count;
use crate::kinds::frame::Frame;
use crate::kinds::period::Period;
use crate::kinds::sheet::table;
use crate::kinds::words::day;
use crate::report::{BARS_MAX, Bar, BarChart, Figure, ReportData};

/// The days of a bar where the period has more days than a chart has bars.
const WEEK_DAYS: i64 = 7;

/// What a reader calls an event; what only newer code knows keeps its name.
pub(super) fn what(kind: &str) -> &str {
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

/// How the period is cut into bars.
pub(super) struct Bars {
    start: OffsetDateTime,
    days: i64,
    count: i64,
}

impl Bars {
    pub(super) fn of(period: &Period) -> Self {
        let whole_days = (period.end - period.start).whole_days().max(1);
        let most = i64::try_from(BARS_MAX).unwrap_or(i64::MAX);
        let days = if whole_days > most { WEEK_DAYS } else { 1 };
        Self {
            start: period.start,
            days,
            count: (whole_days + days - 1) / days,
        }
    }

    /// The length of a bar, in seconds.
    pub(super) fn secs(&self) -> i32 {
        i32::try_from(Duration::days(self.days).whole_seconds()).unwrap_or(i32::MAX)
    }

    fn chart(&self, frame: &Frame<'_>, counts: &[Count]) -> BarChart {
        let bar = |number: i64| {
            let of_bar = counts.iter().filter(|count| i64::from(count.bar) == number);
            let events: i64 = of_bar.map(|count| count.events).sum();
            let first = day(self.start + Duration::days(number * self.days));
            Bar {
                // The month stands in the period; bars are narrow.
                label: first.get(8..).unwrap_or_default().to_owned(),
                // A count of rows is far below where f64 begins to round.
                value: f64::from(i32::try_from(events).unwrap_or(i32::MAX)),
                text: frame.whole(events),
            }
        };
        let title = match self.days {
            1 => "Events per day",
            _ => "Events per week, by its first day",
        };
        BarChart {
            title: title.to_owned(),
            bars: (0..self.count).map(bar).collect(),
        }
    }
}

pub(super) fn present(
    frame: &Frame<'_>,
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
        value: frame.whole(count),
        note: String::new(),
    };
    ReportData {
        figures: vec![
            tile("Events", total),
            tile("Projects created", of(&["project.created"])),
            tile("Projects deleted", of(&["project.deleted"])),
            tile("Reports made", of(&["report.succeeded"])),
        ],
        charts: vec![bars.chart(frame, counts).into()],
        table: table("What happened", Vec::new()),
        ..frame.around(title.unwrap_or_else(|| "Activity".to_owned()), period.words)
    }
}
