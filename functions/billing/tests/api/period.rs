//! The edges of months.

use billing::period::Period;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

#[test]
fn a_month_runs_from_its_first_midnight_to_the_next_ones() {
    let days = |at: OffsetDateTime| {
        let period = Period::month_of(at);
        assert!(period.start <= at && at < period.end, "{at}");
        (period.end - period.start).whole_days()
    };
    assert_eq!(days(datetime!(2026-01-31 23:59:59.999999999 UTC)), 31);
    assert_eq!(days(datetime!(2026-02-01 0:00 UTC)), 28);
    assert_eq!(days(datetime!(2028-02-29 12:00 UTC)), 29);
    assert_eq!(days(datetime!(2100-02-28 12:00 UTC)), 28, "no leap year");
    assert_eq!(days(datetime!(2400-02-29 12:00 UTC)), 29, "a leap year");
    assert_eq!(days(datetime!(2026-04-30 23:59 UTC)), 30);
    assert_eq!(days(datetime!(2026-12-31 23:59 UTC)), 31);
    // Already January in UTC.
    let period = Period::month_of(datetime!(2026-12-31 23:59 -11));
    assert_eq!(period.start, datetime!(2027-01-01 0:00 UTC));
}

#[test]
fn months_join_without_gap_or_overlap() {
    let mut period = Period::month_of(datetime!(2023-12-07 3:00 UTC));
    for _ in 0..60 {
        let next = Period::month_of(period.end);
        assert_eq!(next.start, period.end);
        assert_eq!(
            Period::month_of(period.end - Duration::nanoseconds(1)),
            period
        );
        period = next;
    }
    assert_eq!(period.start, datetime!(2028-12-01 0:00 UTC));
}

#[test]
fn the_last_month_of_the_calendar_ends_with_it() {
    let period = Period::month_of(datetime!(9999-12-31 12:00 UTC));
    assert_eq!(period.start, datetime!(9999-12-01 0:00 UTC));
    assert_eq!(period.end, datetime!(9999-12-31 0:00 UTC));
}
