//! Parked reports that nobody woke, because who should have has died.

use relay::due::{self, Cursor};
use shared::deadline::Deadline;
use shared::ids::ReportId;
use shared::tenant::Tenant;

use crate::world::World;

impl World {
    /// A report of the tenant that was parked so long ago.
    async fn parked(&self, tenant: Tenant, since: &str) -> ReportId {
        let id = ReportId::new();
        let tenant = tenant.id();
        self.sql(&format!(
            "INSERT INTO reports.reports (tenant_id, id, type, parked_at)
             VALUES ('{tenant}', '{id}', 'project_summary', now() - interval '{since}');
             INSERT INTO reports.outbox (tenant_id, type, data, dedup, occurred_at, sent_at)
             VALUES ('{tenant}', 'report.requested', '{{\"report_id\": \"{id}\"}}', '{id}',
                     now() - interval '{since}', now())"
        ))
        .await;
        id
    }

    /// A report in this state that was asked for a day ago, and whose message was sent so long ago.
    async fn sent(&self, state: &str, since: &str) {
        let (tenant, id) = (self.tenant.id(), ReportId::new());
        self.sql(&format!(
            "INSERT INTO reports.reports (tenant_id, id, type, status, lease_until, asked_on)
             VALUES ('{tenant}', '{id}', 'project_summary', {state}, now() - interval '1 day');
             INSERT INTO reports.outbox (tenant_id, type, data, dedup, occurred_at, sent_at)
             VALUES ('{tenant}', 'report.requested', '{{\"report_id\": \"{id}\"}}', '{id}',
                     now() - interval '1 day', now() - interval '{since}')"
        ))
        .await;
    }

    /// A report that a worker has, for so much longer.
    async fn running(&self, lease: &str) {
        self.sql(&format!(
            "INSERT INTO reports.reports (tenant_id, id, type, status, fence, lease_until)
             VALUES ('{}', gen_random_uuid(), 'project_summary', 'running', 1, now() + interval '{lease}')",
            self.tenant.id()
        ))
        .await;
    }
}

const PARKED: &str = "reports.reports WHERE parked_at IS NOT NULL";

#[tokio::test]
async fn as_many_are_woken_as_may_run_and_their_requests_are_sent() {
    let world = World::new().await;
    let other = world.database.tenant().await;
    for _ in 0..3 {
        world.parked(world.tenant, "1 minute").await;
        world.parked(other, "1 minute").await;
    }
    // Two at once for the plan `free`; a worker that died has no place.
    world.running("1 hour").await;
    world.running("-1 second").await;
    let counts = world.run().await;
    assert_eq!(counts.woken, 3);
    assert_eq!(world.count(PARKED).await, 3);
    assert_eq!(counts.sent, 0, "who woke them may still send them");
    world.let_claims_lapse("reports").await;
    assert_eq!(world.run().await.sent, 3);
    assert_eq!(world.received(&world.reports).await.len(), 3);
}

/// The controls: one that has just been parked has a waker, and a tenant without room has as well.
#[tokio::test]
async fn who_has_a_waker_is_left_alone() {
    let world = World::new().await;
    world.parked(world.tenant, "1 second").await;
    assert_eq!(world.run().await.woken, 0);
    world.running("1 hour").await;
    world.running("1 hour").await;
    world.parked(world.tenant, "1 minute").await;
    assert_eq!(world.run().await.woken, 0);
    world
        .sql("UPDATE app.tenants SET status = 'suspended'")
        .await;
    world
        .sql("DELETE FROM reports.reports WHERE status = 'running'")
        .await;
    assert_eq!(world.run().await.woken, 0);
    world.sql("UPDATE app.tenants SET status = 'active'").await;
    assert_eq!(world.run().await.woken, 2);
}

/// An event that was sent a week ago is purged; who is woken later has a new one.
#[tokio::test]
async fn one_that_rested_longer_than_its_event_is_kept_is_woken_as_well() {
    let world = World::new().await;
    world.parked(world.tenant, "9 days").await;
    world.sql("DELETE FROM reports.outbox").await;
    assert_eq!(world.run().await.woken, 1);
    world.let_claims_lapse("reports").await;
    let older = "UPDATE reports.outbox SET occurred_at = now() - interval '1 minute'";
    world.sql(older).await;
    assert_eq!(world.run().await.sent, 1);
}

const QUEUED: &str = "'queued', NULL";
const LAPSED: &str = "'running', now() - interval '61 minutes'";

/// A queue keeps a message for 14 days at most, and a tenant may be suspended for longer.
#[tokio::test]
async fn whose_message_is_gone_is_sent_again_as_far_as_there_is_room() {
    let world = World::new().await;
    world.sent(QUEUED, "61 minutes").await;
    world.sent(LAPSED, "20 days").await;
    world.sent(QUEUED, "20 days").await;
    world
        .sql("UPDATE app.tenants SET status = 'suspended'")
        .await;
    assert_eq!(world.run().await.woken, 0);
    world.sql("UPDATE app.tenants SET status = 'active'").await;
    assert_eq!(world.run().await.woken, 2, "two at once on the plan `free`");
    assert_eq!(world.count(PARKED).await, 1);
    world.let_claims_lapse("reports").await;
    assert_eq!(world.run().await.sent, 2);
    // Their messages are young now: they are not sent again and again.
    world
        .sql("DELETE FROM reports.reports WHERE parked_at IS NOT NULL")
        .await;
    let counts = world.run().await;
    assert_eq!((counts.woken, counts.sent), (0, 0));
    assert_eq!(world.received(&world.reports).await.len(), 2);
}

/// The controls: a young message, a worker that may come back, and a request that is not sent yet.
#[tokio::test]
async fn whose_message_may_still_come_is_left_alone() {
    let world = World::new().await;
    world.sent(QUEUED, "59 minutes").await;
    world.sent(LAPSED, "59 minutes").await;
    let lapsed = "'running', now() - interval '59 minutes'";
    world.sent(lapsed, "20 days").await;
    assert_eq!(world.run().await.woken, 0);
    assert_eq!(world.count(PARKED).await, 0);
    // The control of the control.
    world
        .sql("UPDATE reports.outbox SET sent_at = sent_at - interval '2 minutes'")
        .await;
    assert_eq!(world.run().await.woken, 2);
}

/// The next time begins where the last one was left, so that every tenant has its turn.
#[tokio::test]
async fn tenants_beyond_the_limit_of_one_time_have_the_next() {
    let world = World::new().await;
    for _ in 0..3 {
        let tenant = world.database.tenant().await;
        // One of the three may not be sent: there is no room for it, and it stays.
        for _ in 0..3 {
            world.parked(tenant, "1 minute").await;
        }
    }
    let db = world.database.database("relay");
    let (cursor, never) = (Cursor::default(), Deadline::never());
    let mut woken = Vec::new();
    for _ in 0..4 {
        woken.push(due::wake(&db, &cursor, 1, &never).await.unwrap());
    }
    assert_eq!(woken, [2, 2, 2, 0]);
    // The control: from the start each time, the first tenant is all that is seen.
    world
        .sql("UPDATE reports.reports SET parked_at = now() - interval '1 minute'")
        .await;
    let mut woken = Vec::new();
    for _ in 0..3 {
        let start = Cursor::default();
        woken.push(due::wake(&db, &start, 1, &never).await.unwrap());
        world
            .sql("UPDATE reports.reports SET parked_at = now() - interval '1 minute'")
            .await;
    }
    assert_eq!(woken, [2, 2, 2]);
    assert_eq!(distinct_sent(&world).await, 3);
}

async fn distinct_sent(world: &World) -> i64 {
    world
        .count("(SELECT DISTINCT tenant_id FROM reports.outbox WHERE sent_at IS NULL) AS t")
        .await
}
