//! The few words the engine itself adds to a report, in one place to be translated.

use time::{OffsetDateTime, UtcOffset};

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
    let values: Vec<String> = bars
        .map(|(label, value)| format!("{label} {value}"))
        .collect();
    format!("Bar chart: {title}. {}", values.join(", "))
}
