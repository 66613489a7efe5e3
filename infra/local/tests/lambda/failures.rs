//! Functions that fail, and what becomes of the next event.

use std::fs;

use axum::body::Bytes;
use local::runtime::{InvokeError, Overrides};
use serde_json::{Value, json};

use crate::stack::{Stack, eventually, lives, programs};

fn payload(value: &Value) -> Bytes {
    value.to_string().into()
}

#[tokio::test]
async fn a_crash_is_an_error_and_the_next_request_gets_a_new_instance() {
    let stack = Stack::start("failures-crash").await;
    let first: Value = stack.get("/v1/echo").await.json().await.unwrap();
    let crashed = stack.get("/v1/echo?crash").await;
    assert_eq!(crashed.status(), 500);
    let body: Value = crashed.json().await.unwrap();
    assert_eq!(body, json!({ "message": "Internal Server Error" }));
    let next: Value = stack.get("/v1/echo").await.json().await.unwrap();
    assert_ne!(next["pid"], first["pid"]);
    assert_eq!(next["count"], 1);
    assert!(!lives(&first["pid"]));
    let log = stack.log_of("EchoFunction");
    assert!(
        log.contains("Runtime exited with error: exit status 7"),
        "{log}"
    );
}

#[tokio::test]
async fn a_killed_instance_is_replaced() {
    let stack = Stack::start("failures-kill").await;
    let waiting = stack
        .lambda
        .invoke("EchoFunction", payload(&json!({ "do": "wait=never" })));
    let kill = async {
        let pid = eventually(|| async { pid_of_waiting(&stack) }).await;
        let kill = std::process::Command::new("kill")
            .args(["-9", &pid])
            .status();
        assert!(kill.unwrap().success());
    };
    let (outcome, ()) = tokio::join!(waiting, kill);
    let error = outcome.unwrap().unwrap_err();
    assert_eq!(error.kind(), "Runtime.ExitError");
    assert_eq!(error.message(), "Runtime exited with error: signal SIGKILL");
    let next = stack
        .lambda
        .invoke("EchoFunction", payload(&json!({})))
        .await
        .unwrap();
    assert!(next.is_ok());
}

/// The process that is a child of this one and runs for this test's function.
fn pid_of_waiting(stack: &Stack) -> Option<String> {
    let is_waiting = stack
        .noted()
        .iter()
        .any(|event| event["do"] == "wait=never");
    let folder = format!("ECHO_FOLDER={}", stack.folder.display());
    let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let mut pids = entries.filter_map(|entry| {
        let variables = fs::read(entry.path().join("environ")).ok()?;
        let mut variables = variables.split(|byte| *byte == 0);
        let is_ours = variables.any(|variable| variable == folder.as_bytes());
        is_ours.then(|| entry.file_name().to_string_lossy().into_owned())
    });
    if is_waiting { pids.next() } else { None }
}

#[tokio::test]
async fn a_panic_is_an_error_that_the_instance_outlives() {
    let stack = Stack::start("failures-panic").await;
    let first: Value = stack.get("/v1/echo").await.json().await.unwrap();
    assert_eq!(stack.get("/v1/echo?panic").await.status(), 500);
    let next: Value = stack.get("/v1/echo").await.json().await.unwrap();
    assert_eq!(next["pid"], first["pid"]);
    assert_eq!(next["count"], 3);
}

#[tokio::test]
async fn an_instance_that_takes_too_long_is_killed() {
    let stack = Stack::start("failures-timeout").await;
    let first = stack
        .lambda
        .invoke("HastyFunction", payload(&json!({ "do": "echo" })));
    let first = echo_of(first.await.unwrap().unwrap().as_ref());
    let late = stack
        .lambda
        .invoke("HastyFunction", payload(&json!({ "do": "sleep=60000" })));
    let error = late.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), "Sandbox.Timedout");
    assert_eq!(error.message(), "Task timed out after 1.00 seconds");
    assert_eq!(stack.get("/v1/hasty?sleep=60000").await.status(), 500);
    let next: Value = stack.get("/v1/hasty").await.json().await.unwrap();
    assert_ne!(next["pid"], first["pid"]);
    assert!(!lives(&first["pid"]));
}

fn echo_of(answer: &[u8]) -> Value {
    let answer: Value = serde_json::from_slice(answer).unwrap();
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let stack = Stack::start("failures-missing").await;
    for _ in 0..3 {
        let outcome = stack
            .lambda
            .invoke("MissingFunction", payload(&json!({})))
            .await;
        let error = outcome.unwrap().unwrap_err();
        assert_eq!(error.kind(), "Runtime.InvalidEntrypoint");
        assert!(error.message().contains("no-such-program"), "{error}");
    }
}

#[tokio::test]
async fn a_program_that_ends_at_its_start_fails_all_waiting_events() {
    let mut overrides = Overrides::default();
    overrides
        .everywhere
        .insert("ECHO_START".to_owned(), "exit".to_owned());
    let stack = Stack::start_with("failures-start", &[], overrides).await;
    let invoke = || stack.lambda.invoke("EchoFunction", payload(&json!({})));
    let outcomes = tokio::join!(invoke(), invoke(), invoke());
    for outcome in [outcomes.0, outcomes.1, outcomes.2] {
        let error = outcome.unwrap().unwrap_err();
        assert_eq!(error.message(), "Runtime exited with error: exit status 3");
    }
    assert!(stack.log_of("EchoFunction").contains("did not start"));
}

#[tokio::test]
async fn a_program_that_never_asks_for_an_event_is_given_up() {
    let mut overrides = Overrides::default();
    overrides
        .everywhere
        .insert("ECHO_START".to_owned(), "hang".to_owned());
    let stack = Stack::start_with("failures-hang", &[], overrides).await;
    let outcome = stack
        .lambda
        .invoke("EchoFunction", payload(&json!({})))
        .await;
    let error = outcome.unwrap().unwrap_err();
    assert_eq!(error.kind(), "Sandbox.Timedout");
    assert_eq!(error.message(), "no request for an event after 10 s");
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_an_error() {
    let stack = Stack::start("failures-large").await;
    let invoke = |bytes: usize| {
        let command = format!("large={bytes}");
        stack
            .lambda
            .invoke("EchoFunction", payload(&json!({ "do": command })))
    };
    let error = invoke(6 * 1024 * 1024).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), "Function.ResponseSizeTooLarge");
    assert!(invoke(1024).await.unwrap().is_ok());
}

#[tokio::test]
async fn an_unknown_function_is_named() {
    let stack = Stack::start("failures-unknown").await;
    let outcome = stack
        .lambda
        .invoke("NobodyFunction", payload(&json!({})))
        .await;
    let unknown = InvokeError::UnknownFunction("NobodyFunction".to_owned());
    assert_eq!(outcome, Err(unknown));
}

#[tokio::test]
async fn a_stop_leaves_no_process() {
    let stack = Stack::start("failures-stop").await;
    let echo: Value = stack.get("/v1/echo").await.json().await.unwrap();
    assert!(lives(&echo["pid"]));
    stack.lambda.stop().await;
    eventually(|| async { (!lives(&echo["pid"])).then_some(()) }).await;
    let outcome = stack
        .lambda
        .invoke("EchoFunction", payload(&json!({})))
        .await;
    assert_eq!(outcome, Err(InvokeError::Stopped));
    assert_eq!(stack.get("/v1/echo").await.status(), 503);
}

#[tokio::test]
async fn what_an_instance_started_ends_with_it() {
    let stack = Stack::start("failures-child").await;
    let answer: Value = stack.get("/v1/echo?child").await.json().await.unwrap();
    assert!(lives(&answer["child"]));
    stack.lambda.stop().await;
    eventually(|| async { (!lives(&answer["child"])).then_some(()) }).await;
}

#[tokio::test]
async fn events_that_wait_while_a_program_is_replaced_go_to_the_new_one() {
    let stack = Stack::start("failures-replace-busy").await;
    let copy = stack.folder.join("newer-function");
    fs::copy(programs().join("echo-function"), &copy).unwrap();
    let invoke = |command: &str| {
        let event = payload(&json!({ "do": command }));
        stack.lambda.invoke("SingleFunction", event)
    };
    let replace = async {
        eventually(|| async { (!stack.noted().is_empty()).then_some(()) }).await;
        stack
            .lambda
            .replace("SingleFunction", copy.clone())
            .unwrap();
        stack.put("go", "");
    };
    let (held, first, second, ()) =
        tokio::join!(invoke("wait=go"), invoke("one"), invoke("two"), replace);
    assert!(held.unwrap().is_ok());
    for answer in [first, second] {
        let echo = echo_of(&answer.unwrap().unwrap());
        assert_eq!(echo["program"], copy.to_string_lossy().as_ref());
    }
}

#[tokio::test]
async fn a_replaced_program_takes_over_without_losing_events() {
    let stack = Stack::start("failures-replace").await;
    let copy = stack.folder.join("newer-function");
    fs::copy(programs().join("echo-function"), &copy).unwrap();
    let before: Value = stack.get("/v1/echo").await.json().await.unwrap();
    let held = stack
        .lambda
        .invoke("EchoFunction", payload(&json!({ "do": "wait=go" })));
    let replace = async {
        eventually(|| async { (stack.noted().len() == 2).then_some(()) }).await;
        stack.lambda.replace("EchoFunction", copy.clone()).unwrap();
        let after: Value = stack.get("/v1/echo").await.json().await.unwrap();
        assert_eq!(after["program"], copy.to_string_lossy().as_ref());
        stack.put("go", "");
    };
    let (held, ()) = tokio::join!(held, replace);
    let held: Value = serde_json::from_slice(&held.unwrap().unwrap()).unwrap();
    assert_eq!(held["pid"], before["pid"]);
    eventually(|| async { (!lives(&before["pid"])).then_some(()) }).await;
}
