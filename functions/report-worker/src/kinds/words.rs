//! Numbers and times as a reader of any country reads them.

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// How many digits stand together.
const GROUP_DIGITS: usize = 3;
/// How many hundredths make a unit of a currency.
const CENTS: u64 = 100;

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

/// A count with its thousands apart.
pub(super) fn whole(count: i64) -> String {
    let sign = if count < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(count.unsigned_abs()))
}

/// An amount of hundredths in units.
pub(super) fn money(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let (units, rest) = (cents.unsigned_abs() / CENTS, cents.unsigned_abs() % CENTS);
    format!("{sign}{}.{rest:02}", grouped(units))
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / GROUP_DIGITS);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(GROUP_DIGITS) {
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
            (i64::MIN, "-9,223,372,036,854,775,808"),
        ];
        for (count, text) in cases {
            assert_eq!(whole(count), text);
        }
    }

    #[test]
    fn an_amount_has_two_decimals() {
        for (cents, text) in [
            (0, "0.00"),
            (5, "0.05"),
            (-4_900, "-49.00"),
            (123_456_789, "1,234,567.89"),
        ] {
            assert_eq!(money(cents), text);
        }
    }

    #[test]
    fn times_are_told_in_utc() {
        let at = datetime!(2026-03-01 00:30 +02:00);
        assert_eq!(day(at), "2026-02-28");
        assert_eq!(minute(at), "2026-02-28 22:30");
        assert_eq!(instant(at), "2026-02-28T22:30:00Z");
    }
}
