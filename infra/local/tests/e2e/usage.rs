//! What the other domains do is counted by billing.

use serde_json::json;
use shared::clock::Clock;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::{
    events,
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
        owner.usage(world, "projects", 3).await;
        owner.usage(world, "reports", 1).await;
        idle.usage(world, "projects", 0).await;
        // Founded by the event of its sign-up.
        let subscription = owner.get("/v2/billing/subscription").await;
        assert_eq!(subscription.text("/plan"), "free");
    });
}

#[test]
fn an_event_that_comes_again_is_counted_once_and_another_is_counted() {
    run(async {
        let world = World::product().await;
        let owner = Tenant::sign_up(world).await;
        let event = |id: Uuid| {
            let event = json!({
                "v": 1,
                "id": id,
                "tenant_id": owner.id,
                "type": "project.created",
                "occurred_at": Clock::System.now().format(&Rfc3339).unwrap(),
                "data": { "project_id": Uuid::now_v7() },
            });
            event.to_string()
        };
        let id = Uuid::now_v7();
        for _ in 0..3 {
            events::send(world, &event(id)).await;
        }
        owner.usage(world, "projects", 1).await;
        // The control: one too many would be seen.
        events::send(world, &event(Uuid::now_v7())).await;
        owner.usage(world, "projects", 2).await;
    });
}
