//! Deliveries are handed out once at a time, as fast as an endpoint may have them, and come back when
//! they are lost on the way.

use serde_json::json;
use shared::deadline::Deadline;
use shared::queue::Queue;
use testkit::{Manner, Receiver};
use time::Duration;
use webhooks::dispatch::Dispatcher;

use crate::world::{World, text};

#[tokio::test]
async fn an_endpoint_has_ten_deliveries_with_the_sender_at_most() {
    let world = World::new().await;
    let (busy, idle) = (Receiver::start().await, Receiver::start().await);
    world
        .endpoint(&busy.url(), json!({ "event_types": ["project.created"] }))
        .await;
    for _ in 0..25 {
        world.hear(&world.project()).await;
    }
    let first = world.outgoing.drain().await;
    assert_eq!(first.len(), 10);
    // Another endpoint does not wait for it.
    let other = world
        .endpoint(&idle.url(), json!({ "event_types": ["report.failed"] }))
        .await;
    world.test(&other).await;
    world.tick().await;
    assert_eq!((busy.seen().len(), idle.seen().len()), (0, 1));
    // The results of the first ones make room for the next ones.
    for event in first {
        let event = serde_json::from_value(event).unwrap();
        world.sender.handle(event, &Deadline::never()).await;
    }
    world.settle().await;
    assert_eq!(busy.seen().len(), 25);
}

#[tokio::test]
async fn an_endpoint_has_as_many_a_minute_as_its_owner_says() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    world
        .endpoint(&receiver.url(), json!({ "rate_per_minute": 4 }))
        .await;
    for _ in 0..10 {
        world.hear(&world.project()).await;
        world.settle().await;
    }
    assert_eq!(receiver.seen().len(), 4);
    world
        .wait(Duration::seconds(59), Duration::seconds(59))
        .await;
    assert_eq!(receiver.seen().len(), 4);
    world.wait(Duration::seconds(1), Duration::seconds(1)).await;
    assert_eq!(receiver.seen().len(), 8);
    world.wait(Duration::minutes(1), Duration::minutes(1)).await;
    assert_eq!(receiver.seen().len(), 10);
}

#[tokio::test]
async fn what_is_lost_on_the_way_is_sent_when_its_lease_has_ended() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    let endpoint = world.endpoint(&receiver.url(), json!({})).await;
    let delivery = world.test(&endpoint).await;
    world.dispatch_due().await;
    assert_eq!(world.outgoing.drain().await.len(), 1, "and that was it");
    world.wait(Duration::minutes(9), Duration::minutes(1)).await;
    assert_eq!(receiver.seen().len(), 0, "it may still arrive");
    world.wait(Duration::minutes(1), Duration::minutes(1)).await;
    assert_eq!(receiver.seen().len(), 1);
    assert_eq!(
        text(&world.delivery(&delivery).await, "status"),
        "succeeded"
    );
}

#[tokio::test]
async fn a_signature_that_grew_old_is_made_anew_and_no_attempt_is_counted() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    let endpoint = world.endpoint(&receiver.url(), json!({})).await;
    let delivery = world.test(&endpoint).await;
    world.dispatch_due().await;
    world.clock.advance(Duration::seconds(61));
    world.settle().await;
    assert_eq!(receiver.seen().len(), 0, "not at once");
    world.wait(Duration::seconds(5), Duration::seconds(5)).await;
    let seen = receiver.seen();
    assert_eq!(seen.len(), 1);
    let signed_at: i64 = seen[0].header("webhook-timestamp").parse().unwrap();
    assert_eq!(signed_at, world.now().unix_timestamp());
    let shown = world.delivery(&delivery).await;
    assert_eq!(
        (text(&shown, "status"), &shown["attempts"]),
        ("succeeded", &json!(1))
    );
}

#[tokio::test]
async fn a_result_that_comes_twice_or_late_counts_once() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    receiver.behave(Manner::status(500));
    let endpoint = world.endpoint(&receiver.url(), json!({})).await;
    let delivery = world.test(&endpoint).await;
    world.dispatch_due().await;
    for event in world.outgoing.drain().await {
        let event = serde_json::from_value(event).unwrap();
        world.sender.handle(event, &Deadline::never()).await;
    }
    let result = world.results.drain().await.remove(0);
    for _ in 0..3 {
        world.dispatch(result.clone()).await;
    }
    let shown = world.delivery(&delivery).await;
    assert_eq!(
        (text(&shown, "status"), &shown["attempts"]),
        ("pending", &json!(1))
    );
    assert_eq!(world.count("deliveries WHERE tries = 1").await, 1);
    // After the next attempt has succeeded, the first one's news are old.
    receiver.behave(Manner::status(200));
    world.wait(Duration::minutes(1), Duration::minutes(1)).await;
    world.dispatch(result).await;
    assert_eq!(
        text(&world.delivery(&delivery).await, "status"),
        "succeeded"
    );
}

#[tokio::test]
async fn what_the_senders_queue_does_not_take_is_due_again_and_counts_for_nothing() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    // One a minute: it would have to wait if it counted.
    let endpoint = world
        .endpoint(&receiver.url(), json!({ "rate_per_minute": 1 }))
        .await;
    world.test(&endpoint).await;
    let nowhere = format!("{}-which-is-not-there", world.outgoing.url());
    let deaf = Dispatcher {
        outgoing: Queue::with_client(nowhere, aws_sdk_sqs::Client::new(&shared::aws::load())),
        ..world.dispatcher.clone()
    };
    deaf.serve(json!({}), &Deadline::never()).await.unwrap();
    assert_eq!(world.count("deliveries WHERE claimed").await, 0);
    world.wait(Duration::seconds(5), Duration::seconds(5)).await;
    assert_eq!(receiver.seen().len(), 1);
}

/// The control: without their claim, the same deliveries would be handed out again at once.
#[tokio::test]
async fn dispatchers_at_the_same_time_hand_a_delivery_out_once() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    let endpoint = world.endpoint(&receiver.url(), json!({})).await;
    for _ in 0..5 {
        world.test(&endpoint).await;
    }
    let dispatchers: Vec<_> = (0..4)
        .map(|_| Dispatcher {
            db: world.database.database("webhooks-dispatch"),
            ..world.dispatcher.clone()
        })
        .collect();
    let never = Deadline::never();
    let runs = dispatchers.iter().map(|one| one.serve(json!({}), &never));
    futures_util::future::join_all(runs).await;
    assert_eq!(world.outgoing.drain().await.len(), 5);
    world
        .within("UPDATE deliveries SET claimed = false, due_at = created_at")
        .await;
    world.dispatch_due().await;
    assert_eq!(world.outgoing.drain().await.len(), 5);
}

/// What one of them counts, none of the others changes meanwhile.
#[tokio::test]
async fn dispatchers_at_the_same_time_keep_to_an_endpoints_limit_together() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    let endpoint = world.endpoint(&receiver.url(), json!({})).await;
    for _ in 0..25 {
        world.test(&endpoint).await;
    }
    let dispatchers: Vec<_> = (0..6)
        .map(|_| Dispatcher {
            db: world.database.database("webhooks-dispatch"),
            ..world.dispatcher.clone()
        })
        .collect();
    // Connected already, so that they meet.
    for dispatcher in &dispatchers {
        dispatcher.db.warm().await.unwrap();
    }
    let never = Deadline::never();
    let runs = dispatchers
        .iter()
        .map(|one| one.pump(world.owner.tenant, &never));
    futures_util::future::join_all(runs).await;
    assert_eq!(world.outgoing.drain().await.len(), 10);
}

impl World {
    /// The dispatcher's schedule alone.
    async fn dispatch_due(&self) {
        self.dispatcher
            .serve(json!({}), &Deadline::never())
            .await
            .unwrap();
    }
}
