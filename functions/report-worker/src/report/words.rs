//! The few words the engine itself adds to a report, in one place to be translated.

use time::{OffsetDateTime, UtcOffset};

use super::LineChart;

/// What stands in a table that has no rows.
pub(crate) const NO_ROWS: &str = "No entries";

/// The title of a report that was given none: a document must have one (ISO 14289-1, 7.1).
const UNTITLED: &str = "Report";

/// The report's title, never empty.
pub(crate) fn title(given: &str) -> &str {
    let given = given.trim();
    if given.is_empty() { UNTITLED } else { given }
}

/// The number of a page.
pub(crate) fn page_of(page: u32, pages: u32) -> String {
    format!("Page {page} of {pages}")
}

/// When the data were read, in the form that no two countries read differently.
pub(crate) fn generated(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!(
        "Generated {:04}-{:02}-{:02} {:02}:{:02} UTC",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute()
    )
}

/// How a bar chart is read out.
pub(crate) fn chart_alternative<'b>(
    title: &str,
    bars: impl Iterator<Item = (&'b str, &'b str)>,
) -> String {
    format!("Bar chart: {title}. {}", listed(bars))
}

/// How a chart of parts of a whole is read out.
pub(crate) fn shares_alternative<'b>(
    title: &str,
    shares: impl Iterator<Item = (&'b str, &'b str)>,
) -> String {
    format!("Share chart: {title}. {}", listed(shares))
}

/// How a line chart is read out: line by line.
pub(crate) fn lines_alternative(chart: &LineChart) -> String {
    let lines: Vec<String> = chart
        .series
        .iter()
        .map(|series| {
            let labels = chart.labels.iter().map(String::as_str);
            let texts = series.points.iter().map(|point| point.text.as_str());
            format!("{}: {}.", series.name, listed(labels.zip(texts)))
        })
        .collect();
    format!("Line chart: {}. {}", chart.title, lines.join(" "))
}

fn listed<'b>(values: impl Iterator<Item = (&'b str, &'b str)>) -> String {
    let values: Vec<String> = values
        .map(|(label, value)| format!("{label} {value}"))
        .collect();
    values.join(", ")
}

/// A part of a whole, in hundredths of it.
pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent > 0.0 && percent < 0.5 => "< 1 %".to_owned(),
        percent => format!("{percent:.0} %"),
    }
}
