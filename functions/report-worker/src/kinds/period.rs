//! The time that a report covers, from the word that it was asked with.

use serde::de::Error;
use time::{Date, Duration, Month, OffsetDateTime, UtcOffset};

use super::words::day;
use crate::job::JobError;

/// The months of a year.
const MONTHS: u8 = 12;

/// A time in UTC, half-open: `start` belongs to it, `end` to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// Its first instant.
    pub start: OffsetDateTime,
    /// The first instant after it.
    pub end: OffsetDateTime,
    /// What a reader calls it.
    pub words: String,
}

impl Period {
    /// Reads `this_month`, `last_month`, `last_<n>_days` or a month such as `2026-11`. What is
    /// relative is counted from `asked_at`; its day is the last one of `last_<n>_days`.
    pub fn read(word: &str, asked_at: OffsetDateTime) -> Result<Self, JobError> {
        let read = match word {
            "this_month" => Self::month(asked_at.year(), u8::from(asked_at.month())),
            "last_month" => match u8::from(asked_at.month()) {
                1 => Self::month(asked_at.year() - 1, MONTHS),
                month => Self::month(asked_at.year(), month - 1),
            },
            _ => Self::days(word, asked_at).or_else(|| {
                // A month that has not begun has nothing to show and nothing to charge.
                Self::named(word).filter(|month| month.start <= asked_at)
            }),
        };
        read.ok_or_else(|| {
            JobError::Params(serde_json::Error::custom(format!("unknown period {word}")))
        })
    }

    fn days(word: &str, asked_at: OffsetDateTime) -> Option<Self> {
        let days = word.strip_prefix("last_")?.strip_suffix("_days")?;
        let days: u16 = days.parse().ok().filter(|days| *days > 0)?;
        let today = asked_at.to_offset(UtcOffset::UTC).date();
        let midnight = |day: Date| day.midnight().assume_offset(UtcOffset::UTC);
        // To the end of the day, because not all clocks that wrote today agree with this one.
        let end = midnight(today.next_day()?);
        let start = end.checked_sub(Duration::days(days.into()))?;
        Some(Self {
            start,
            end,
            words: format!("{} to {}", day(start), day(asked_at)),
        })
    }

    fn named(word: &str) -> Option<Self> {
        let (year, month) = word.split_once('-')?;
        Self::month(year.parse().ok()?, month.parse().ok()?)
    }

    fn month(year: i32, number: u8) -> Option<Self> {
        let month = Month::try_from(number).ok()?;
        let first = Date::from_calendar_date(year, month, 1).ok()?;
        let days = i64::from(month.length(year));
        Some(Self {
            start: first.midnight().assume_offset(UtcOffset::UTC),
            end: (first + Duration::days(days))
                .midnight()
                .assume_offset(UtcOffset::UTC),
            words: format!("{month} {year}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn periods_are_counted_from_the_moment_of_the_order() {
        let asked_at = datetime!(2026-01-31 12:00 UTC);
        for (word, start, end, words) in [
            (
                "this_month",
                datetime!(2026-01-01 00:00 UTC),
                datetime!(2026-02-01 00:00 UTC),
                "January 2026",
            ),
            (
                "last_month",
                datetime!(2025-12-01 00:00 UTC),
                datetime!(2026-01-01 00:00 UTC),
                "December 2025",
            ),
            (
                "2024-02",
                datetime!(2024-02-01 00:00 UTC),
                datetime!(2024-03-01 00:00 UTC),
                "February 2024",
            ),
            (
                "last_7_days",
                datetime!(2026-01-25 00:00 UTC),
                datetime!(2026-02-01 00:00 UTC),
                "2026-01-25 to 2026-01-31",
            ),
        ] {
            let period = Period::read(word, asked_at).unwrap();
            let expected = (start, end, words);
            let found = (period.start, period.end, period.words.as_str());
            assert_eq!(found, expected, "{word}");
        }
        for word in [
            "",
            "2026",
            "2026-13",
            "2026-02",
            "2090-12",
            "yesterday",
            "last_x_days",
            "last_0_days",
        ] {
            assert!(Period::read(word, asked_at).is_err(), "{word}");
        }
    }
}
