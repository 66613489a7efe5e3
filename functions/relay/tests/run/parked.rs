//! Parked reports that nobody woke, because who should have has died.

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
