//! What a month contains: from its first instant to just before the next one's.

use serde_json::json;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::Scene;
use crate::queue::{created, deliver};

/// How many of the events at `times` lie in the month of `now`.
async fn counted(now: OffsetDateTime, times: &[OffsetDateTime]) -> i64 {
    let scene = Scene::at(now).await;
    let bodies: Vec<_> = times.iter().map(|at| created(&scene, *at)).collect();
    assert!(deliver(&scene, &bodies).await.is_empty());
    let list = scene.get("/v2/billing/usage").await;
    list["data"][0]["used"].as_i64().unwrap()
}

#[tokio::test]
async fn a_leap_february_has_its_29th_and_nothing_of_march() {
    let instant = Duration::microseconds(1);
    let (start, end) = (
        datetime!(2028-02-01 0:00 UTC),
        datetime!(2028-03-01 0:00 UTC),
    );
    let times = [start - instant, start, end - instant, end];
    assert_eq!(counted(end - instant, &times).await, 2);
    assert_eq!(
        counted(end, &times).await,
        1,
        "the next month has one of them"
    );
}

#[tokio::test]
async fn a_month_is_a_month_in_utc_whatever_the_events_clock_said() {
    // Two hours before midnight in New York, the first of March in UTC.
    let new_york = datetime!(2026-02-28 22:00:00 -5);
    // Eight in the morning of the first of March in Tokyo, still February in UTC.
    let tokyo = datetime!(2026-03-01 08:00:00 +9);
    let february = datetime!(2026-02-28 23:30 UTC);
    let march = datetime!(2026-03-01 0:00 UTC);
    assert_eq!(counted(february, &[new_york, tokyo, tokyo]).await, 2);
    assert_eq!(counted(march, &[new_york, tokyo, tokyo]).await, 1);
}

#[tokio::test]
async fn the_answer_says_which_period_it_is_about() {
    let scene = Scene::at(datetime!(2026-12-31 23:59:59.999999 UTC)).await;
    let list = scene.get("/v2/billing/usage").await;
    let meta = json!({
        "total": 2,
        "plan": "free",
        "currency": "USD",
        "period": { "start": "2026-12-01T00:00:00Z", "end": "2027-01-01T00:00:00Z" },
    });
    assert_eq!(list["meta"], meta);
}
