//! Reports that are ordered by the clock: each occurrence once, by the tenant's own time.

use futures_util::future::join_all;
use shared::deadline::Deadline;

use crate::world::{World, body, text};

impl World {
    /// A schedule of the tenant, daily in Berlin, that was due so long ago.
    async fn schedule(&self, zone: &str, due: &str) {
        self.sql(&format!(
            "INSERT INTO reports.schedules (tenant_id, id, type, params, cadence, time_of_day, time_zone, next_run_at)
             VALUES ('{}', gen_random_uuid(), 'project_summary', '{{\"title\": \"x\"}}', 'daily', '06:30', '{zone}',
                     now() - interval '{due}')",
            self.tenant.id()
        ))
        .await;
    }

    async fn set_status(&self, status: &str) {
        let sql = format!("UPDATE app.tenants SET status = '{status}'");
        self.sql(&sql).await;
    }
}

const ORDERED: &str = "reports.reports WHERE schedule_id IS NOT NULL AND status = 'queued'";

#[tokio::test]
async fn what_was_missed_is_ordered_once_and_sent() {
    let world = World::new().await;
    world.schedule("Europe/Berlin", "3 days").await;
    world.schedule("Europe/Berlin", "-1 hour").await;
    let counts = world.run().await;
    assert_eq!((counts.fired, counts.sent), (1, 1));
    let messages = world.received(&world.reports).await;
    assert_eq!(messages.len(), 1);
    let message = body(&messages[0]);
    assert_eq!(text(&message, "tenant_id"), world.tenant.id().to_string());
    let report = text(&message["data"], "report_id");
    let same = format!(
        "reports.reports AS r JOIN reports.schedules AS s ON s.id = r.schedule_id
         WHERE r.id = '{report}' AND r.scheduled_for = s.last_run_at AND s.params = r.params
           AND s.next_run_at > now() AND s.next_run_at <= now() + interval '25 hours'"
    );
    assert_eq!(world.count(&same).await, 1);
    assert_eq!(world.run().await.fired, 0);
    assert_eq!(world.count(ORDERED).await, 1);
}

#[tokio::test]
async fn relays_at_the_same_time_order_each_occurrence_once() {
    const SCHEDULES: u64 = 20;
    let world = World::new().await;
    for _ in 0..SCHEDULES {
        world.schedule("UTC", "1 minute").await;
    }
    let relays: Vec<_> = (0..4).map(|_| world.relay()).collect();
    let never = Deadline::never();
    let runs = join_all(relays.iter().map(|relay| relay.run(&never))).await;
    let fired: u64 = runs.into_iter().map(|run| run.unwrap().fired).sum();
    assert_eq!(fired, SCHEDULES);
    assert_eq!(world.count(ORDERED).await, 20);
    // The control: what keeps it from being ordered again is where the schedule has moved on to, and
    // behind that the key of the occurrence.
    let back = "UPDATE reports.schedules SET next_run_at = last_run_at";
    world.sql(back).await;
    assert_eq!(world.run().await.fired, 0);
    world
        .sql(&format!("DROP INDEX reports.reports_occurrence; {back}"))
        .await;
    world.relay().run(&Deadline::never()).await.unwrap_err();
}

#[tokio::test]
async fn who_rests_or_may_not_come_in_orders_nothing_until_it_is_back() {
    let world = World::new().await;
    world.schedule("UTC", "2 days").await;
    world.set_status("suspended").await;
    assert_eq!(world.run().await.fired, 0);
    let put_off = "reports.schedules WHERE next_run_at > now() + interval '59 minutes'";
    assert_eq!(world.count(put_off).await, 1, "it stands in nobody's way");
    world.set_status("active").await;
    let back = "UPDATE reports.schedules SET next_run_at = now()";
    world.sql(back).await;
    world
        .sql("UPDATE reports.schedules SET paused = true")
        .await;
    assert_eq!(world.run().await.fired, 0);
    world
        .sql("UPDATE reports.schedules SET paused = false")
        .await;
    assert_eq!(world.run().await.fired, 1);
}

/// A time zone that the server does not know any more rests its own schedule and no other.
#[tokio::test]
async fn a_schedule_in_a_lost_time_zone_is_paused() {
    let world = World::new().await;
    world.schedule("Mars/Base", "2 hours").await;
    world.schedule("UTC", "1 hour").await;
    assert_eq!(world.run().await.fired, 1);
    let paused = "reports.schedules WHERE paused AND time_zone = 'Mars/Base'";
    assert_eq!(world.count(paused).await, 1);
    assert_eq!(world.run().await.fired, 0);
}

/// One that cannot be ordered, for whatever reason of its own, is put off and stops no other.
#[tokio::test]
async fn a_schedule_that_cannot_be_ordered_is_put_off() {
    let world = World::new().await;
    world.schedule("UTC", "2 hours").await;
    world
        .sql(
            "UPDATE reports.schedules SET params = '{\"title\": \"bad\"}';
             ALTER TABLE reports.reports ADD CHECK (params ->> 'title' <> 'bad')",
        )
        .await;
    world.schedule("UTC", "1 hour").await;
    assert_eq!(world.run().await.fired, 1);
    let put_off = "reports.schedules WHERE NOT paused AND last_run_at IS NULL
         AND next_run_at BETWEEN now() + interval '4 minutes' AND now() + interval '5 minutes'";
    assert_eq!(world.count(put_off).await, 1);
    assert_eq!(world.count(ORDERED).await, 1);
}

/// Cadence, weekday, day, time and zone; after when; the next.
const CASES: &[(&str, &str, &str)] = &[
    // In summer and in winter the same time of the day.
    (
        "'daily', NULL, NULL, '06:30', 'Europe/Berlin'",
        "2026-03-28 06:00Z",
        "2026-03-29 04:30Z",
    ),
    (
        "'daily', NULL, NULL, '06:30', 'Europe/Berlin'",
        "2026-10-24 06:00Z",
        "2026-10-25 05:30Z",
    ),
    (
        "'daily', NULL, NULL, '06:30', 'America/New_York'",
        "2026-03-07 12:00Z",
        "2026-03-08 10:30Z",
    ),
    // 02:30 is skipped, and comes an hour later.
    (
        "'daily', NULL, NULL, '02:30', 'Europe/Berlin'",
        "2026-03-28 12:00Z",
        "2026-03-29 01:30Z",
    ),
    // 02:30 comes twice, and counts once.
    (
        "'daily', NULL, NULL, '02:30', 'Europe/Berlin'",
        "2026-10-24 12:00Z",
        "2026-10-25 01:30Z",
    ),
    (
        "'daily', NULL, NULL, '02:30', 'Europe/Berlin'",
        "2026-10-25 01:30Z",
        "2026-10-26 01:30Z",
    ),
    // After, and not at.
    (
        "'daily', NULL, NULL, '06:30', 'UTC'",
        "2026-01-01 06:30Z",
        "2026-01-02 06:30Z",
    ),
    (
        "'daily', NULL, NULL, '06:30', 'UTC'",
        "2026-01-01 06:29:59Z",
        "2026-01-01 06:30Z",
    ),
    // On another day than in UTC.
    (
        "'daily', NULL, NULL, '00:15', 'Pacific/Auckland'",
        "2026-01-01 12:00Z",
        "2026-01-02 11:15Z",
    ),
    (
        "'weekly', 1, NULL, '06:30', 'UTC'",
        "2026-11-27 12:00Z",
        "2026-11-30 06:30Z",
    ),
    (
        "'weekly', 5, NULL, '06:30', 'UTC'",
        "2026-11-27 12:00Z",
        "2026-12-04 06:30Z",
    ),
    (
        "'weekly', 5, NULL, '12:30', 'UTC'",
        "2026-11-27 12:00Z",
        "2026-11-27 12:30Z",
    ),
    // The last day of a shorter month, and the day itself in the next one.
    (
        "'monthly', NULL, 31, '06:30', 'UTC'",
        "2026-01-31 12:00Z",
        "2026-02-28 06:30Z",
    ),
    (
        "'monthly', NULL, 31, '06:30', 'UTC'",
        "2028-02-01 12:00Z",
        "2028-02-29 06:30Z",
    ),
    (
        "'monthly', NULL, 31, '06:30', 'UTC'",
        "2026-02-28 12:00Z",
        "2026-03-31 06:30Z",
    ),
    (
        "'monthly', NULL, 1, '06:30', 'UTC'",
        "2026-12-01 12:00Z",
        "2027-01-01 06:30Z",
    ),
    // The day that Samoa did not have.
    (
        "'daily', NULL, NULL, '06:30', 'Pacific/Apia'",
        "2011-12-29 20:00Z",
        "2011-12-30 16:30Z",
    ),
];

/// By the clock on the wall, also when that is changed.
#[tokio::test]
async fn the_next_run_follows_the_local_clock() {
    let world = World::new().await;
    let owner = world.database.owner().await;
    for (schedule, after, expected) in CASES {
        let sql = format!(
            "SELECT next::text, next = '{expected}'::timestamptz
             FROM reports.next_run({schedule}, '{after}'::timestamptz) AS next"
        );
        let row = owner.query_one(&sql, &[]).await.unwrap();
        let found: String = row.get(0);
        assert!(
            row.get::<_, bool>(1),
            "{schedule} after {after}: {found} and not {expected}"
        );
    }
}
