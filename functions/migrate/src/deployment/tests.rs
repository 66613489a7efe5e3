//! There is an answer, whatever comes.

use std::time::Duration;

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::config::ConfigError;
use shared::deadline::Deadline;

use super::{ANSWER_SECS, REASON_BYTES_MAX, StackEvent, answer, in_time, release, respond};
use crate::MigrateError;

fn request(event: Value) -> StackEvent {
    serde_json::from_value(event).unwrap()
}

fn create() -> StackEvent {
    request(json!({
        "RequestType": "Create",
        "ResponseURL": "https://127.0.0.1:1/",
        "StackId": "stack-1",
        "RequestId": "request-1",
        "LogicalResourceId": "Schema",
        "ResourceProperties": { "Schema": "18" },
    }))
}

/// A deadline that leaves so much for the work.
fn deadline(work: Duration) -> Deadline {
    let clock = Clock::fixed(Clock::System.now());
    let end = clock.now() + Duration::from_secs(ANSWER_SECS) + work;
    Deadline::new(clock, end, Duration::ZERO)
}

#[tokio::test]
async fn work_that_does_not_end_is_given_up_in_time_for_an_answer() {
    for work in [Duration::ZERO, Duration::from_millis(20)] {
        let outcome = in_time(std::future::pending(), &deadline(work)).await;
        assert_eq!(outcome.unwrap_err(), MigrateError::TimeUp.to_string());
    }
    // The control: work that ends in time has its own outcome.
    let outcome = in_time(async { Ok(()) }, &deadline(Duration::from_mins(1))).await;
    assert_eq!(outcome, Ok(()));
}

#[tokio::test]
async fn a_panic_is_an_answer_and_keeps_its_words_to_itself() {
    let work = async { panic!("secret") };
    let outcome = in_time(work, &Deadline::never()).await;
    let reason = outcome.unwrap_err();
    assert!(reason.contains("panicked") && !reason.contains("secret"));
}

#[tokio::test]
async fn a_function_without_a_database_says_so() {
    let missing = ConfigError::Missing("DATABASE_URL");
    let response = respond(&create(), Err(missing), &Deadline::never()).await;
    let response = serde_json::to_value(response).unwrap();
    assert_eq!(response["Status"], "FAILED");
    let reason = "environment variable DATABASE_URL is not set";
    assert_eq!(response["Reason"], reason);
    assert_eq!(response["StackId"], "stack-1");
    assert_eq!(response["RequestId"], "request-1");
    assert_eq!(response["LogicalResourceId"], "Schema");
    assert_eq!(response["PhysicalResourceId"], "database-schema");
}

#[tokio::test]
async fn a_resource_that_goes_takes_nothing_along_and_needs_nothing() {
    let delete = request(json!({
        "RequestType": "Delete",
        "ResponseURL": "https://127.0.0.1:1/",
        "PhysicalResourceId": "as-it-was",
    }));
    let missing = ConfigError::Missing("DATABASE_URL");
    let response = respond(&delete, Err(missing), &Deadline::never()).await;
    let response = serde_json::to_value(response).unwrap();
    assert_eq!(response["Status"], "SUCCESS");
    assert!(response["Reason"].is_string(), "{response}");
    assert_eq!(response["PhysicalResourceId"], "as-it-was");
}

#[test]
fn a_property_is_a_number_or_a_text_of_one() {
    for known in [json!({ "Schema": "18" }), json!({ "Schema": 18 })] {
        assert_eq!(release(&known).unwrap(), 18);
    }
    for unknown in [
        json!({ "Schema": "V0018" }),
        json!({ "Schema": 1.5 }),
        json!({ "Schema": 99_999_999_999_i64 }),
        json!({}),
        Value::Null,
    ] {
        assert!(release(&unknown).is_err(), "{unknown}");
    }
}

/// CloudFormation does not read an answer of more than 4,096 bytes, and waits on.
#[test]
fn an_answer_is_short_however_long_the_reason() {
    let outcome = Err("\u{1f4a5}\"".repeat(REASON_BYTES_MAX));
    let response = answer(&create(), outcome);
    assert!(response.reason.as_ref().unwrap().len() <= REASON_BYTES_MAX);
    let text = serde_json::to_string(&response).unwrap();
    assert!(text.len() <= 4_096, "{}", text.len());
}
