//! What the other domains do is counted by billing.

use crate::{
    tenant::Tenant,
    world::{World, run},
};

#[test]
fn projects_and_reports_arrive_in_billing_once() {
    run(async {
        let world = World::product().await;
        let (owner, idle) = (Tenant::sign_up(world).await, Tenant::sign_up(world).await);
        for name in ["One", "Two", "Three"] {
            owner.create_project(name).await;
        }
        let report = owner.order_report().await;
        assert_eq!(owner.finished_report(&report).await["status"], "succeeded");
        owner.usage("projects", 3).await;
        owner.usage("reports", 1).await;
        idle.usage("projects", 0).await;
        // Founded by the event of its sign-up.
        let subscription = owner.get("/v2/billing/subscription").await;
        assert_eq!(subscription.text("/plan"), "free");
    });
}
