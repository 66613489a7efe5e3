//! What goes out is what was signed, and what comes of it is told once.

use serde_json::json;
use shared::clock::Clock;
use shared::deadline::Deadline;
use shared::egress::Targets;
use shared::jobs::WebhookOutcome;
use shared::queue::Queue;
use testkit::{Manner, Receiver};
use time::Duration;
use webhook_sender::Sender;
use webhook_sender::sender::SIGNATURE_SECS_MAX;

use crate::world::{World, event, signed};

#[tokio::test]
async fn what_was_signed_is_sent_byte_for_byte() {
    let receiver = Receiver::start().await;
    receiver.behave(Manner::says(
        "HTTP/1.1 201 Made\r\ncontent-length: 2\r\n\r\nok",
    ));
    let world = World::new(Targets::Loopback).await;
    // The largest body there is, with what JSON makes the most of.
    let body = format!("{{\"a\":\"{}\"}}", "\\\"é".repeat(65_000));
    assert!(body.len() > 250_000 && body.len() <= 262_144);
    let message = signed(&format!("{}?a=b&c", receiver.url()), &body);
    let result = world.result(&message).await;
    assert_eq!(
        (result.delivery_id, result.claim),
        (message.data.delivery_id, 3)
    );
    let WebhookOutcome::Answered {
        status, response, ..
    } = result.outcome
    else {
        panic!("{:?}", result.outcome);
    };
    assert_eq!((status, response.as_str()), (201, "ok"));
    let seen = receiver.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].line, "POST /hook?a=b&c HTTP/1.1");
    assert_eq!(seen[0].body, body.as_bytes());
    assert_eq!(seen[0].header("webhook-id"), "msg_1");
    assert_eq!(seen[0].header("webhook-signature"), "v1,c2lnbmVk");
    assert_eq!(seen[0].header("content-type"), "application/json");
    assert_eq!(seen[0].header("host"), receiver.address().to_string());
}

#[tokio::test]
async fn an_old_signature_is_not_sent() {
    let receiver = Receiver::start().await;
    let mut world = World::new(Targets::Loopback).await;
    let message = signed(&receiver.url(), "{}");
    let now = Clock::System.now();
    for (age, sent) in [(SIGNATURE_SECS_MAX + 2, 0), (SIGNATURE_SECS_MAX - 2, 1)] {
        world.sender.clock = Clock::fixed(now + Duration::seconds(age));
        let outcome = world.result(&message).await.outcome;
        assert_eq!(outcome == WebhookOutcome::Stale, sent == 0, "{outcome:?}");
        assert_eq!(receiver.seen().len(), sent);
    }
}

#[tokio::test]
async fn a_message_whose_result_cannot_be_told_comes_again() {
    let receiver = Receiver::start().await;
    let world = World::new(Targets::Loopback).await;
    let nowhere = format!("{}-which-is-not-there", world.results.url());
    let mute = Sender {
        results: Queue::with_client(nowhere, aws_sdk_sqs::Client::new(&shared::aws::load())),
        ..world.sender.clone()
    };
    let message = event(&signed(&receiver.url(), "{}"));
    let batch = serde_json::from_value(message.clone()).unwrap();
    let answer = mute.handle(batch, &Deadline::never()).await;
    assert_eq!(answer.batch_item_failures.len(), 1);
    // The control: with somebody to tell, it does not.
    let batch = serde_json::from_value(message).unwrap();
    let answer = world.sender.handle(batch, &Deadline::never()).await;
    assert!(answer.batch_item_failures.is_empty());
}

#[tokio::test]
async fn a_message_that_nobody_can_read_fails_alone() {
    let receiver = Receiver::start().await;
    let world = World::new(Targets::Loopback).await;
    let mut batch = event(&signed(&receiver.url(), "{}"));
    let mut strange = batch["Records"][0].clone();
    strange["messageId"] = json!("2");
    strange["body"] = json!("{}");
    batch["Records"].as_array_mut().unwrap().push(strange);
    let batch = serde_json::from_value(batch).unwrap();
    let answer = world.sender.handle(batch, &Deadline::never()).await;
    let failed: Vec<_> = answer
        .batch_item_failures
        .iter()
        .map(|one| one.item_identifier.as_str())
        .collect();
    assert_eq!(failed, ["2"]);
    assert_eq!(receiver.seen().len(), 1);
}

/// Whoever had the message before may have sent it and not have been able to tell.
#[tokio::test]
async fn an_old_signature_that_comes_again_counts_as_an_attempt() {
    let receiver = Receiver::start().await;
    let mut world = World::new(Targets::Loopback).await;
    let message = signed(&receiver.url(), "{}");
    let late = Clock::System.now() + Duration::seconds(SIGNATURE_SECS_MAX + 2);
    world.sender.clock = Clock::fixed(late);
    for (received, known) in [("1", true), ("2", false)] {
        let mut batch = event(&message);
        batch["Records"][0]["attributes"] = json!({ "ApproximateReceiveCount": received });
        let outcome = world.told(batch).await.outcome;
        let unknown = WebhookOutcome::Failed {
            error: "result_unknown".to_owned(),
        };
        let expected = if known {
            WebhookOutcome::Stale
        } else {
            unknown
        };
        assert_eq!(outcome, expected);
    }
    assert_eq!(receiver.seen().len(), 0);
}

#[tokio::test]
async fn an_answer_that_no_queue_would_take_is_told_all_the_same() {
    let receiver = Receiver::start().await;
    let body = "a\u{1}\u{fffe}\u{ffff}\u{1f}\t\n\r\u{7f}\u{10ffff}z";
    receiver.behave(Manner::says(&format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )));
    let world = World::new(Targets::Loopback).await;
    let outcome = world.send(&receiver.url()).await;
    let WebhookOutcome::Answered { response, .. } = outcome else {
        panic!("{outcome:?}");
    };
    let expected = "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}\t\n\r\u{7f}\u{10ffff}z";
    assert_eq!(response, expected);
}
