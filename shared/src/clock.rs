//! The time, as a value that a test can hold still.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde::Serializer;
use serde::ser::Error;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// The longest text of a time: `9999-12-31T23:59:59.123456789+00:00`.
const RFC3339_BYTES_MAX: usize = 35;

/// Where the time comes from.
///
/// Answers are cut to whole microseconds, which is what PostgreSQL's `timestamptz` stores: a time
/// written and read again is the same time.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that moves only when told to, in microseconds since the epoch.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock standing at `at`.
    pub fn fixed(at: OffsetDateTime) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(micros(at))))
    }

    /// The time now, in UTC.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> OffsetDateTime {
        match self {
            Self::System => from_micros(micros(OffsetDateTime::now_utc())),
            Self::Fixed(at) => from_micros(at.load(Ordering::Relaxed)),
        }
    }

    /// Moves a fixed clock forward; the system's clock stays as it is.
    pub fn advance(&self, by: Duration) {
        if let Self::Fixed(at) = self {
            let by = i64::try_from(by.whole_microseconds()).unwrap_or(0);
            at.fetch_add(by, Ordering::Relaxed);
        }
    }
}

/// Writes a time as RFC 3339 has it, for `#[serde(serialize_with = …)]`.
///
/// The text is what `time::serde::rfc3339` writes, at a fraction of the cost: a page has a hundred.
pub fn rfc3339<S: Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = Text {
        bytes: [0; RFC3339_BYTES_MAX],
        length: 0,
    };
    if at.offset().is_utc() && (0..=9999).contains(&at.year()) {
        text.utc(*at);
    } else {
        let mut rest = text.bytes.as_mut_slice();
        at.format_into(&mut rest, &Rfc3339)
            .map_err(S::Error::custom)?;
        text.length = RFC3339_BYTES_MAX - rest.len();
    }
    let written = text.bytes.get(..text.length).unwrap_or_default();
    serializer.serialize_str(str::from_utf8(written).map_err(S::Error::custom)?)
}

/// A time's text in the making.
struct Text {
    bytes: [u8; RFC3339_BYTES_MAX],
    length: usize,
}

impl Text {
    fn utc(&mut self, at: OffsetDateTime) {
        let (year, month, day) = at.to_calendar_date();
        let (hour, minute, second, nanosecond) = at.to_hms_nano();
        self.number(year.unsigned_abs(), 4);
        for (mark, part) in [
            (b'-', u8::from(month)),
            (b'-', day),
            (b'T', hour),
            (b':', minute),
            (b':', second),
        ] {
            self.push(mark);
            self.number(u32::from(part), 2);
        }
        if nanosecond > 0 {
            self.push(b'.');
            self.number(nanosecond, 9);
            let written = self.bytes.iter().take(self.length);
            self.length -= written.rev().take_while(|byte| **byte == b'0').count();
        }
        self.push(b'Z');
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    fn number(&mut self, mut number: u32, digits: usize) {
        let end = self.length + digits;
        let places = self.bytes.get_mut(self.length..end).unwrap_or_default();
        for place in places.iter_mut().rev() {
            *place = b'0' + u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
        }
        self.length = end;
    }
}

/// Whole microseconds since the epoch.
pub fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

/// The time at so many microseconds since the epoch; the epoch itself when out of range.
pub fn from_micros(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[derive(serde::Serialize)]
    struct Both {
        #[serde(serialize_with = "rfc3339")]
        ours: OffsetDateTime,
        #[serde(with = "time::serde::rfc3339")]
        theirs: OffsetDateTime,
    }

    #[test]
    fn a_time_is_written_as_the_library_writes_it() {
        for at in [
            datetime!(1970-01-01 00:00:00 UTC),
            datetime!(2026-11-23 20:00:00.5 UTC),
            datetime!(2026-11-23 20:00:00.123456 UTC),
            datetime!(2026-11-20 20:00:10.100020 UTC),
            datetime!(0007-02-03 04:05:06.000000001 UTC),
            datetime!(9999-12-31 23:59:59.999999999 UTC),
            datetime!(2026-11-23 20:00:00 -00:30),
            datetime!(9999-12-31 23:59:59.123456789 +23:59),
        ] {
            let both = Both {
                ours: at,
                theirs: at,
            };
            let both = serde_json::to_value(both).unwrap();
            assert_eq!(both["ours"], both["theirs"]);
        }
        let before_year_0 = datetime!(-0001-01-01 00:00:00 UTC);
        assert!(rfc3339(&before_year_0, serde_json::value::Serializer).is_err());
    }
}
