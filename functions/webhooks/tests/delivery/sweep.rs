//! The schedule serves every tenant, and removes what has served its time.

use std::time::Duration as StdDuration;

use serde_json::json;
use shared::deadline::Deadline;
use testkit::{Call, Caller, Receiver};
use time::Duration;

use crate::world::{World, text};

#[tokio::test]
async fn every_tenant_is_served_but_one_that_may_not_come_in() {
    let mut world = World::new().await;
    let receiver = Receiver::start().await;
    let mut tenants = Vec::new();
    for _ in 0..5 {
        let endpoint = world.endpoint(&receiver.url(), json!({})).await;
        world.test(&endpoint).await;
        tenants.push(world.owner.clone());
        world.owner = Caller::owner(world.database.tenant().await);
    }
    let set = async |status: &str| {
        let sql = format!(
            "UPDATE app.tenants SET status = '{status}' WHERE id = '{}'",
            tenants[2].tenant.id()
        );
        world
            .database
            .owner()
            .await
            .batch_execute(&sql)
            .await
            .unwrap();
    };
    set("suspended").await;
    world.tick().await;
    assert_eq!(receiver.seen().len(), 4);
    set("active").await;
    world.tick().await;
    assert_eq!(receiver.seen().len(), 5);
}

/// More tenants than one statement names, from wherever a run begins.
#[tokio::test]
async fn tenants_are_served_page_by_page() {
    const TENANTS: i64 = 450;
    let world = World::new().await;
    let crowd = format!(
        "SET ROLE app_owner;
         DO $$
         DECLARE
           tenant uuid;
         BEGIN
           FOR place IN 1..{TENANTS} LOOP
             tenant := gen_random_uuid();
             INSERT INTO app.tenants (id, name) VALUES (tenant, 'one of many');
             PERFORM set_config('app.current_tenant', tenant::text, true);
             INSERT INTO webhooks.endpoints (id, slot, url, rate_per_minute) VALUES (tenant, 1, 'https://example.com/', 1);
             INSERT INTO webhooks.secrets (endpoint_id, id, secret) VALUES (tenant, tenant, sha256('secret'));
             INSERT INTO webhooks.messages (id, type, body) VALUES (tenant, 'webhook.test', '{{}}');
             -- One tenant in ten has nothing that is due.
             INSERT INTO webhooks.deliveries (id, endpoint_id, message_id, type, due_at)
             VALUES (tenant, tenant, tenant, 'webhook.test', now() + CASE WHEN place % 10 = 0 THEN interval '1 day' ELSE '-1 day' END);
           END LOOP;
         END $$"
    );
    let owner = world.database.owner().await;
    owner.batch_execute(&crowd).await.unwrap();
    let served = world
        .dispatcher
        .serve(json!({}), &Deadline::never())
        .await
        .unwrap();
    assert_eq!(served["sent"], TENANTS - TENANTS / 10);
    assert_eq!(world.outgoing.drain().await.len(), 405);
}

#[tokio::test]
async fn a_suspension_on_the_way_loses_nothing() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    let endpoint = world.endpoint(&receiver.url(), json!({})).await;
    let delivery = world.test(&endpoint).await;
    world
        .dispatcher
        .serve(json!({}), &Deadline::never())
        .await
        .unwrap();
    let owner = world.database.owner().await;
    owner
        .batch_execute("UPDATE app.tenants SET status = 'suspended'")
        .await
        .unwrap();
    // The result comes to nobody.
    world.settle().await;
    assert_eq!(receiver.seen().len(), 1);
    owner
        .batch_execute("UPDATE app.tenants SET status = 'active'")
        .await
        .unwrap();
    world
        .wait(Duration::minutes(10), Duration::minutes(10))
        .await;
    assert_eq!(
        text(&world.delivery(&delivery).await, "status"),
        "succeeded"
    );
    assert_eq!(
        receiver.seen().len(),
        2,
        "told twice rather than not at all"
    );
    let seen = receiver.seen();
    assert_eq!(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
}

#[tokio::test]
async fn messages_go_after_thirty_days_and_deleted_endpoints_with_all_they_had() {
    let world = World::ago(Duration::days(31)).await;
    let receiver = Receiver::start().await;
    let kept = world.endpoint(&receiver.url(), json!({})).await;
    let deleted = world.endpoint(&receiver.url(), json!({})).await;
    world.hear(&world.project()).await;
    world.settle().await;
    let path = format!("/v2/webhooks/endpoints/{}", text(&deleted, "id"));
    world
        .send(Call::new("DELETE", &path).header("if-match", "*"))
        .await
        .expect(204);
    assert_eq!(
        world.deliveries().await.len(),
        1,
        "it is gone for its owner at once"
    );
    world.tick().await;
    let left = [
        ("endpoints", 1),
        ("secrets", 1),
        ("deliveries", 1),
        ("attempts", 1),
        ("messages", 1),
    ];
    for (table, rows) in left {
        assert_eq!(world.count(table).await, rows, "{table}");
    }
    world.wait(Duration::days(30), Duration::days(30)).await;
    assert_eq!(world.count("messages").await, 1, "on the last day");
    world.wait(Duration::seconds(1), Duration::seconds(1)).await;
    let left = [
        ("endpoints", 1),
        ("secrets", 1),
        ("deliveries", 0),
        ("attempts", 0),
        ("messages", 0),
    ];
    for (table, rows) in left {
        assert_eq!(world.count(table).await, rows, "{table}");
    }
    assert_eq!(text(&world.shown(&kept).await, "status"), "active");
}

#[tokio::test]
async fn a_clock_that_is_ahead_removes_nothing() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    world.endpoint(&receiver.url(), json!({})).await;
    world.hear(&world.project()).await;
    world.clock.advance(Duration::days(40));
    world.tick().await;
    assert_eq!(world.count("messages").await, 1);
    // The control: a message that is as old goes.
    world
        .within("UPDATE messages SET created_at = now() - interval '31 days'")
        .await;
    world.tick().await;
    assert_eq!(world.count("messages").await, 0);
}

/// Were it last, a run whose time is too short for all tenants would never come to it.
#[tokio::test]
async fn a_run_without_time_removes_what_has_served_its_time_all_the_same() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    world.endpoint(&receiver.url(), json!({})).await;
    world.hear(&world.project()).await;
    world.settle().await;
    world.hear(&world.project()).await;
    world.outgoing.drain().await;
    world
        .within(
            "UPDATE messages SET created_at = now() - interval '31 days'
              WHERE id = (SELECT message_id FROM deliveries WHERE status = 'succeeded');
             UPDATE deliveries SET claimed = false, due_at = created_at WHERE status = 'pending'",
        )
        .await;
    let over = Deadline::new(world.clock.clone(), world.now(), StdDuration::ZERO);
    let served = world.dispatcher.serve(json!({}), &over).await.unwrap();
    assert_eq!(served, json!({ "sent": 0, "removed": 1 }));
    // The control: with time, there is something to send.
    let never = Deadline::never();
    let served = world.dispatcher.serve(json!({}), &never).await.unwrap();
    assert_eq!(served, json!({ "sent": 1, "removed": 0 }));
}
