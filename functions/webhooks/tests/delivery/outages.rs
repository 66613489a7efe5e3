//! A receiver that is down, slow, gone or rude: nothing is lost, and nobody is pestered for ever.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::{Call, Manner, Receiver};
use time::Duration;
use webhooks::schedule::WAITS_SECS;

use crate::world::{World, is_signed_by, text, verifies};

/// The schedule's own period, long waits and all.
const STEP: Duration = Duration::minutes(30);

#[tokio::test]
async fn what_a_receiver_missed_for_thirty_hours_arrives_when_it_is_back() {
    let down = Duration::hours(30);
    let world = World::ago(down + Duration::hours(14)).await;
    let receiver = Receiver::start().await;
    receiver.behave(Manner::status(503));
    let endpoint = world.endpoint(&receiver.url(), json!({})).await;
    let mut expected = Vec::new();
    for _ in 0..5 {
        let event = world.project();
        expected.push(format!("msg_{}", event.id.as_uuid().simple()));
        world.hear(&event).await;
        world.settle().await;
        world.wait(down / 5, STEP).await;
    }
    let failed = receiver.seen().len();
    assert!(failed > 5 * 4, "{failed}");
    for delivery in world.deliveries().await {
        assert_eq!(text(&delivery, "status"), "pending");
    }

    receiver.behave(Manner::status(200));
    // The longest wait that any of them can be in by then.
    world.wait(Duration::hours(14), STEP).await;
    world.wait(Duration::hours(6), STEP).await;
    for delivery in world.deliveries().await {
        assert_eq!(text(&delivery, "status"), "succeeded");
    }
    let arrived = receiver.seen();
    let (down, up) = arrived.split_at(failed);
    let mut arrived: Vec<_> = up
        .iter()
        .map(|one| one.header("webhook-id").to_owned())
        .collect();
    arrived.sort();
    expected.sort();
    assert_eq!(arrived, expected, "each once, and none missing");
    let mut bodies = BTreeMap::new();
    for one in down.iter().chain(up) {
        assert!(is_signed_by(one, &endpoint["secret"]));
        let body = bodies
            .entry(one.header("webhook-id").to_owned())
            .or_insert(one.body.clone());
        assert_eq!(*body, one.body, "the same at each attempt");
    }
    assert_eq!(world.shown(&endpoint).await["failing_since"], Value::Null);
}

#[tokio::test]
async fn each_attempt_is_signed_anew_and_written_down() {
    let world = World::ago(Duration::minutes(7)).await;
    let receiver = Receiver::start().await;
    receiver.behave(Manner::says(
        "HTTP/1.1 500 No\r\ncontent-length: 5\r\n\r\nsorry",
    ));
    let endpoint = world.endpoint(&receiver.url(), json!({})).await;
    let delivery = world.test(&endpoint).await;
    world.tick().await;
    world.wait(Duration::seconds(6), Duration::seconds(6)).await;
    receiver.behave(Manner::status(202));
    world.wait(Duration::minutes(6), Duration::minutes(1)).await;
    let seen = receiver.seen();
    assert_eq!(seen.len(), 3);
    let mut times: Vec<_> = seen
        .iter()
        .map(|one| one.header("webhook-timestamp"))
        .collect();
    times.dedup();
    assert_eq!(times.len(), 3);
    // The last one was signed just now, and the official library has nothing against it.
    assert!(verifies(&seen[2], &endpoint["secret"]));
    assert!(
        !verifies(&seen[0], &endpoint["secret"]),
        "seven minutes are too old to it"
    );
    let shown = world.delivery(&delivery).await;
    assert_eq!(
        (text(&shown, "status"), &shown["attempts"]),
        ("succeeded", &json!(3))
    );
    let log = shown["attempt_log"].as_array().unwrap();
    let answers: Vec<_> = log
        .iter()
        .map(|one| (&one["status_code"], text(one, "response")))
        .collect();
    assert_eq!(
        answers,
        [
            (&json!(202), ""),
            (&json!(500), "sorry"),
            (&json!(500), "sorry")
        ]
    );
}

#[tokio::test]
async fn a_delivery_is_given_up_after_the_schedules_last_attempt() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    receiver.behave(Manner::status(500));
    let endpoint = world.endpoint(&receiver.url(), json!({})).await;
    let delivery = world.test(&endpoint).await;
    world.tick().await;
    let whole = Duration::seconds(WAITS_SECS.iter().sum::<i64>());
    world.wait(whole + whole / 5, Duration::hours(1)).await;
    let shown = world.delivery(&delivery).await;
    assert_eq!(
        (text(&shown, "status"), &shown["attempts"]),
        ("failed", &json!(10))
    );
    assert_eq!(receiver.seen().len(), 10);
    world.wait(Duration::days(3), Duration::hours(12)).await;
    assert_eq!(receiver.seen().len(), 10, "no more after that");
}

#[tokio::test]
async fn a_receiver_that_asks_for_time_is_given_it() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    receiver.behave(Manner::says(
        "HTTP/1.1 429 Slow\r\nretry-after: 7200\r\ncontent-length: 0\r\n\r\n",
    ));
    let endpoint = world.endpoint(&receiver.url(), json!({})).await;
    world.test(&endpoint).await;
    world.tick().await;
    world
        .wait(Duration::minutes(119), Duration::minutes(7))
        .await;
    assert_eq!(receiver.seen().len(), 1);
    world.wait(Duration::minutes(2), Duration::minutes(1)).await;
    assert_eq!(receiver.seen().len(), 2);
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_left_alone_and_its_tenant_told() {
    let world = World::new().await;
    let (gone, other) = (Receiver::start().await, Receiver::start().await);
    gone.behave(Manner::status(410));
    let endpoint = world.endpoint(&gone.url(), json!({})).await;
    world
        .endpoint(
            &other.url(),
            json!({ "event_types": ["webhook.endpoint_disabled"] }),
        )
        .await;
    let delivery = world.test(&endpoint).await;
    world.tick().await;
    assert_eq!(text(&world.delivery(&delivery).await, "status"), "failed");
    let shown = world.shown(&endpoint).await;
    assert_eq!(
        (text(&shown, "status"), text(&shown, "disabled_reason")),
        ("disabled", "gone")
    );
    let notice = "outbox WHERE type = 'webhook.endpoint_disabled'";
    assert_eq!(
        world
            .count(&format!("{notice} AND data->>'reason' = 'gone'"))
            .await,
        1
    );
    world.hear(&world.project()).await;
    world.wait(Duration::hours(8), Duration::hours(1)).await;
    assert_eq!(gone.seen().len(), 1);
    // Its owner can have it back.
    let path = format!("/v2/webhooks/endpoints/{}", text(&endpoint, "id"));
    let patch = Call::new("PATCH", &path).header("if-match", "*");
    world
        .send(patch.json(&json!({ "status": "active" })))
        .await
        .expect(200);
    gone.behave(Manner::status(200));
    world.hear(&world.project()).await;
    world.settle().await;
    assert_eq!(gone.seen().len(), 2);
}

#[tokio::test]
async fn an_endpoint_without_a_success_for_five_days_is_disabled_and_loses_nothing() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    receiver.behave(Manner::status(404));
    let endpoint = world.endpoint(&receiver.url(), json!({})).await;
    for _ in 0..5 {
        world.hear(&world.project()).await;
        world.settle().await;
        world.wait(Duration::hours(23), Duration::hours(1)).await;
    }
    assert_eq!(text(&world.shown(&endpoint).await, "status"), "active");
    world.wait(Duration::hours(30), Duration::hours(1)).await;
    let shown = world.shown(&endpoint).await;
    assert_eq!(
        (text(&shown, "status"), text(&shown, "disabled_reason")),
        ("disabled", "failing")
    );
    let seen = receiver.seen().len();
    world.wait(Duration::days(2), Duration::hours(6)).await;
    assert_eq!(receiver.seen().len(), seen);
    // What was still on its way goes on when the endpoint does.
    let pending = world.count("deliveries WHERE status = 'pending'").await;
    assert!(pending > 0);
    receiver.behave(Manner::status(200));
    let path = format!("/v2/webhooks/endpoints/{}", text(&endpoint, "id"));
    let patch = Call::new("PATCH", &path).header("if-match", "*");
    let active = world
        .send(patch.json(&json!({ "status": "active" })))
        .await
        .expect(200)
        .json();
    assert_eq!(active["disabled_reason"], Value::Null);
    world.tick().await;
    assert_eq!(world.count("deliveries WHERE status = 'pending'").await, 0);
}
