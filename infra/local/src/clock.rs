//! The time of day, for what the emulated services stamp on things.

use time::OffsetDateTime;

/// The present time.
#[expect(
    clippy::disallowed_methods,
    reason = "the services around the functions have the machine's clock; functions take a Clock"
)]
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let ms = now().unix_timestamp_nanos() / 1_000_000;
    i64::try_from(ms).unwrap_or(i64::MAX)
}
