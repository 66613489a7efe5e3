//! Times as a reader of any country reads them.

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// A day in the form that no two countries read differently (ISO 8601), in UTC.
pub(super) fn day(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    format!("{year:04}-{month:02}-{day:02}")
}

/// A day and its minute, in UTC.
pub(super) fn minute(at: OffsetDateTime) -> String {
    let utc = at.to_offset(UtcOffset::UTC);
    format!("{} {:02}:{:02}", day(at), utc.hour(), utc.minute())
}

/// An instant for programs (RFC 3339), in UTC.
pub(super) fn instant(at: OffsetDateTime) -> String {
    // Only years of five digits cannot be written down.
    at.to_offset(UtcOffset::UTC)
        .format(&Rfc3339)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn times_are_told_in_utc() {
        let at = datetime!(2026-03-01 00:30 +02:00);
        assert_eq!(day(at), "2026-02-28");
        assert_eq!(minute(at), "2026-02-28 22:30");
        assert_eq!(instant(at), "2026-02-28T22:30:00Z");
    }
}
