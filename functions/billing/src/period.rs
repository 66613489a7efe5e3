//! The time that one invoice covers.

use time::{Date, Duration, OffsetDateTime, UtcOffset};

/// A calendar month in UTC, half-open: `start` belongs to it, `end` to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its first instant.
    pub start: OffsetDateTime,
    /// The first instant after it.
    pub end: OffsetDateTime,
}

impl Period {
    /// The month that `at` lies in.
    pub fn month_of(at: OffsetDateTime) -> Self {
        let day = at.to_offset(UtcOffset::UTC).date();
        let first = day.saturating_sub(Duration::days(i64::from(day.day()) - 1));
        let days = i64::from(day.month().length(day.year()));
        Self {
            start: midnight(first),
            end: midnight(first.saturating_add(Duration::days(days))),
        }
    }
}

fn midnight(day: Date) -> OffsetDateTime {
    day.midnight().assume_utc()
}
