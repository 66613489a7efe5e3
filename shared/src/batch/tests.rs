//! What the batch promises, with handlers that misbehave.

use std::cell::RefCell;

use serde_json::json;
use time::macros::datetime;

use super::*;
use crate::clock::Clock;
use crate::db::DatabaseConfig;

const START: OffsetDateTime = datetime!(2026-02-03 04:05:06 UTC);

/// A database that nobody connects to: it is asked for its use only.
fn database() -> Database {
    Database::new(DatabaseConfig::new("postgres://nobody@127.0.0.1:1/none", None, None).unwrap())
}

/// A batch of messages `0`, `1`, …, of the given types; `?` is no envelope.
fn batch(kinds: &[&str]) -> SqsEvent {
    let message = |(position, kind): (usize, &&str)| {
        let body = json!({
            "v": 1,
            "id": "01890a5d-ac96-774b-bcce-b302099a8057",
            "tenant_id": "01890a5d-ac96-774b-bcce-b302099a8058",
            "type": kind,
            "occurred_at": "2026-02-03T04:05:06Z",
            "data": {},
        });
        let body = if *kind == "?" {
            "{".to_owned()
        } else {
            body.to_string()
        };
        json!({
            "messageId": position.to_string(),
            "body": body,
            "attributes": { "ApproximateReceiveCount": "3", "SentTimestamp": "1770091500000" },
        })
    };
    let records: Vec<_> = kinds.iter().enumerate().map(message).collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

fn failed(answer: &SqsBatchResponse) -> Vec<&str> {
    let failures = answer.batch_item_failures.iter();
    failures
        .map(|failure| failure.item_identifier.as_str())
        .collect()
}

/// Does what a message's type says.
async fn obey(delivery: Delivery) -> Result<Ending, Retry> {
    match delivery.envelope.kind.as_str() {
        "panic" => panic!("told to"),
        "retry" => Err(Retry::new("told_to", "told to")),
        "hang" => std::future::pending().await,
        "fail" => Ok(Ending::Failed { code: "told_to" }),
        _ => Ok(Ending::Done),
    }
}

#[tokio::test]
async fn a_bad_message_fails_alone() {
    let event = batch(&["good", "?", "good", "panic", "fail", "retry", "good"]);
    let seen = RefCell::new(Vec::new());
    let answer = run(event, &database(), &Deadline::never(), async |delivery| {
        let kind = delivery.envelope.kind.clone();
        seen.borrow_mut().push((kind, delivery.attempt));
        obey(delivery).await
    })
    .await;
    assert_eq!(failed(&answer), ["1", "3", "5"]);
    let seen = seen.into_inner();
    assert_eq!(
        seen.len(),
        6,
        "all but the unreadable one reach the handler"
    );
    assert!(seen.iter().all(|(_, attempt)| *attempt == 3));
}

#[tokio::test]
async fn a_body_of_another_time_or_none_is_unreadable() {
    let other_version = batch(&["good"]).records.swap_remove(0);
    let body = other_version
        .body
        .clone()
        .unwrap()
        .replace(r#""v":1"#, r#""v":2"#);
    let mut event = batch(&["good", "good"]);
    let [first, second] = event.records.as_mut_slice() else {
        panic!("two messages");
    };
    first.body = Some(body);
    second.body = None;
    let answer = run(event, &database(), &Deadline::never(), obey).await;
    assert_eq!(failed(&answer), ["0", "1"]);
}

#[tokio::test]
async fn nothing_is_begun_near_the_deadline() {
    let clock = Clock::fixed(START);
    let margin = Duration::from_secs(10);
    let deadline = Deadline::new(clock.clone(), START + Duration::from_mins(1), margin);
    // Each message takes 25 s: after the second, 10 s are left.
    let answer = run(
        batch(&["good"; 4]),
        &database(),
        &deadline,
        async |delivery| {
            clock.advance(time::Duration::seconds(25));
            obey(delivery).await
        },
    )
    .await;
    assert_eq!(failed(&answer), ["2", "3"]);
}

#[tokio::test]
async fn a_hanging_message_is_given_up_before_the_deadline() {
    let clock = Clock::fixed(START);
    let deadline = Deadline::new(clock, START + Duration::from_secs(1), Duration::ZERO);
    let event = batch(&["good", "hang", "good"]);
    let answer = run(event, &database(), &deadline, obey).await;
    assert_eq!(failed(&answer), ["1"]);
}

#[tokio::test]
async fn a_failure_without_a_name_repeats_the_batch() {
    let mut event = batch(&["retry", "good"]);
    for message in &mut event.records {
        message.message_id = None;
    }
    let answer = run(event, &database(), &Deadline::never(), obey).await;
    assert_eq!(failed(&answer), [""]);
}
