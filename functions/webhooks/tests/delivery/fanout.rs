//! An event becomes one delivery for each endpoint that wants it, however often it comes.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;
use shared::ids::{ProjectId, UserId};
use shared::jobs::{Envelope, ProjectDeleted, SubscriptionChanged, TenantCreated};
use testkit::{Call, Receiver};
use time::format_description::well_known::Rfc3339;

use crate::world::{World, body, text, verifies};

#[tokio::test]
async fn each_endpoint_hears_once_of_what_it_wants_to_hear() {
    let world = World::new().await;
    let (all, some, none) = (
        Receiver::start().await,
        Receiver::start().await,
        Receiver::start().await,
    );
    let first = world.endpoint(&all.url(), json!({})).await;
    let second = world
        .endpoint(&some.url(), json!({ "event_types": ["project.created"] }))
        .await;
    world
        .endpoint(&none.url(), json!({ "event_types": ["report.failed"] }))
        .await;
    let event = world.project();
    for _ in 0..3 {
        assert_eq!(world.hear(&event).await, json!([]));
    }
    let deleted = ProjectDeleted {
        project_id: ProjectId::new(),
    };
    let deleted = Envelope::new(world.owner.tenant, world.now(), deleted);
    world.hear(&deleted).await;
    world.settle().await;
    world.hear(&event).await;
    world.settle().await;

    assert_eq!(
        (all.seen().len(), some.seen().len(), none.seen().len()),
        (2, 1, 0)
    );
    let (received, same) = (&some.seen()[0], &all.seen()[0]);
    assert!(verifies(received, &second["secret"]) && verifies(same, &first["secret"]));
    assert!(
        !verifies(received, &first["secret"]),
        "each has its own secret"
    );
    assert_eq!(received.body, same.body);
    assert_eq!(received.header("webhook-id"), same.header("webhook-id"));
    assert_eq!(
        body(received),
        json!({
            "type": "project.created",
            "timestamp": event.occurred_at.format(&Rfc3339).unwrap(),
            "data": { "project_id": event.data.project_id },
        })
    );
    assert_eq!(received.header("content-type"), "application/json");
    assert!(
        received.line.starts_with("POST /hook HTTP/1.1"),
        "{}",
        received.line
    );
    let deliveries = world.deliveries().await;
    assert_eq!(deliveries.len(), 3);
    for delivery in &deliveries {
        assert_eq!(
            (text(delivery, "status"), &delivery["attempts"]),
            ("succeeded", &json!(1))
        );
    }
}

#[tokio::test]
async fn the_same_event_at_the_same_time_is_one_delivery() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    world.endpoint(&receiver.url(), json!({})).await;
    let event = world.project();
    let dispatchers = (0..4).map(|_| webhooks::dispatch::Dispatcher {
        db: world.database.database("webhooks-dispatch"),
        ..world.dispatcher.clone()
    });
    let record = json!({ "messageId": "1", "body": serde_json::to_string(&event).unwrap() });
    let batch = json!({ "Records": [record] });
    let never = shared::deadline::Deadline::never();
    let dispatchers: Vec<_> = dispatchers.collect();
    let served = dispatchers
        .iter()
        .map(|one| one.serve(batch.clone(), &never));
    join_all(served).await;
    world.settle().await;
    assert_eq!(world.count("deliveries").await, 1);
    assert_eq!(receiver.seen().len(), 1);
}

/// Quotes are what JSON within JSON makes the most of.
#[tokio::test]
async fn a_body_of_almost_256_kibibytes_arrives_and_a_larger_one_is_not_sent() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    let endpoint = world.endpoint(&receiver.url(), json!({})).await;
    for (quotes, arrived) in [(130_000, 1), (131_100, 1)] {
        let plan = "\"".repeat(quotes);
        let event = SubscriptionChanged { plan };
        let event = Envelope::new(world.owner.tenant, world.now(), event);
        assert_eq!(world.hear(&event).await, json!([]));
        world.settle().await;
        assert_eq!(receiver.seen().len(), arrived, "{quotes}");
    }
    let received = &receiver.seen()[0];
    assert!(received.body.len() > 260_000 && received.body.len() <= 262_144);
    assert!(verifies(received, &endpoint["secret"]));
    assert_eq!(world.count("messages").await, 1);
}

#[tokio::test]
async fn what_is_not_published_is_sent_to_nobody() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    world.endpoint(&receiver.url(), json!({})).await;
    let founded = TenantCreated {
        user_id: UserId::new(),
    };
    let founded = Envelope::new(world.owner.tenant, world.now(), founded);
    // It waits for code that knows what to do with it.
    assert_eq!(
        world.hear(&founded).await,
        json!([{ "itemIdentifier": "1" }])
    );
    world.settle().await;
    assert_eq!(receiver.seen().len(), 0);
}

#[tokio::test]
async fn a_tenant_without_endpoints_keeps_nothing() {
    let world = World::new().await;
    world.hear(&world.project()).await;
    assert_eq!(world.count("messages").await, 0);
}

#[tokio::test]
async fn what_came_while_an_endpoint_was_paused_can_be_recovered() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    let endpoint = world.endpoint(&receiver.url(), json!({})).await;
    let path = format!("/v2/webhooks/endpoints/{}", text(&endpoint, "id"));
    let set = async |status: &str| {
        let patch = Call::new("PATCH", &path).header("if-match", "*");
        world
            .send(patch.json(&json!({ "status": status })))
            .await
            .expect(200);
    };
    world.hear(&world.project()).await;
    set("paused").await;
    world.hear(&world.project()).await;
    set("active").await;
    world.tick().await;
    assert_eq!(receiver.seen().len(), 1);
    let since = (world.now() - time::Duration::hours(1))
        .format(&Rfc3339)
        .unwrap();
    let recover = Call::post(&format!("{path}/recover"), &json!({ "since": since }));
    let recovered = world.send(recover).await.expect(202).json();
    assert_eq!(recovered["deliveries"], 1);
    world.tick().await;
    let ids: BTreeSet<_> = receiver
        .seen()
        .iter()
        .map(|one| one.header("webhook-id").to_owned())
        .collect();
    assert_eq!((receiver.seen().len(), ids.len()), (2, 2));
}
