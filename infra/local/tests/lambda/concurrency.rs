//! How many instances a function gets, and how many events may wait.

use std::{collections::HashSet, time::Duration};

use local::runtime::{FunctionOptions, INSTANCES_MAX_DEFAULT, InvokeError, Lambda, Log, Overrides};
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::timeout};

use crate::stack::{Stack, TEMPLATE, eventually, folder, parse, programs};

#[tokio::test]
async fn instances_grow_to_what_is_needed_at_the_same_time() {
    let stack = Stack::start("concurrency-grow").await;
    let mut meeting = JoinSet::new();
    for _ in 0..INSTANCES_MAX_DEFAULT {
        let path = format!("/v1/echo?meet={INSTANCES_MAX_DEFAULT}");
        meeting.spawn(stack.request(reqwest::Method::GET, &path).send());
    }
    let mut pids = HashSet::new();
    while let Some(response) = meeting.join_next().await {
        let response = response.unwrap().unwrap();
        assert_eq!(response.status(), 200);
        let answer: Value = response.json().await.unwrap();
        pids.insert(answer["pid"].as_u64().unwrap());
    }
    assert_eq!(pids.len(), INSTANCES_MAX_DEFAULT);
    assert_eq!(
        stack.lambda.instances("EchoFunction"),
        Ok(INSTANCES_MAX_DEFAULT)
    );
    // One more event at a time needs no ninth instance.
    for _ in 0..20 {
        assert_eq!(stack.get("/v1/echo").await.status(), 200);
    }
    assert_eq!(
        stack.lambda.instances("EchoFunction"),
        Ok(INSTANCES_MAX_DEFAULT)
    );
}

#[tokio::test]
async fn spare_instances_end_and_one_stays() {
    let template = parse(TEMPLATE, &[]);
    let programs = programs();
    let mut overrides = Overrides::default();
    let folder = folder("concurrency-spare");
    overrides.everywhere.insert(
        "ECHO_FOLDER".to_owned(),
        folder.to_string_lossy().into_owned(),
    );
    let mut options = FunctionOptions::all(&template, &programs, &overrides);
    for one in &mut options {
        one.idle_wait = Duration::from_millis(300);
    }
    let lambda = Lambda::start(options, &Log::Nowhere).await.unwrap();
    let meet = || lambda.invoke("EchoFunction", json!({ "do": "meet=3" }).to_string().into());
    let met = tokio::join!(meet(), meet(), meet());
    for outcome in [met.0, met.1, met.2] {
        assert!(outcome.unwrap().is_ok());
    }
    eventually(|| async { (lambda.instances("EchoFunction") == Ok(1)).then_some(()) }).await;
    // The last one waits as long again without ending.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(lambda.instances("EchoFunction"), Ok(1));
}

#[tokio::test]
async fn events_one_after_another_share_an_instance() {
    let stack = Stack::start("concurrency-one").await;
    for count in 1..=5 {
        let echo: Value = stack.get("/v1/echo").await.json().await.unwrap();
        assert_eq!(echo["count"], count);
    }
    assert_eq!(stack.lambda.instances("EchoFunction"), Ok(1));
}

#[tokio::test]
async fn reserved_concurrency_is_kept() {
    let stack = Stack::start("concurrency-reserved").await;
    let mut requests = JoinSet::new();
    for _ in 0..20 {
        requests.spawn(
            stack
                .request(reqwest::Method::GET, "/v1/single?alone")
                .send(),
        );
    }
    let mut pids = HashSet::new();
    while let Some(response) = requests.join_next().await {
        let response = response.unwrap().unwrap();
        assert_eq!(response.status(), 200);
        let answer: Value = response.json().await.unwrap();
        pids.insert(answer["pid"].as_u64().unwrap());
    }
    assert_eq!(pids.len(), 1);
}

#[tokio::test]
async fn beyond_a_thousand_waiting_events_a_function_is_throttled() {
    let stack = Stack::start("concurrency-throttle").await;
    let invoke = |command: &str| {
        let lambda = stack.lambda.clone();
        let event = json!({ "do": command }).to_string();
        async move { lambda.invoke("SingleFunction", event.into()).await }
    };
    let first = tokio::spawn(invoke("wait=go"));
    eventually(|| async { (stack.noted().len() == 1).then_some(()) }).await;
    let mut waiting = Vec::new();
    for _ in 0..1_000 {
        // One poll takes an event to the queue.
        let mut event = Box::pin(invoke("wait=go"));
        assert!(timeout(Duration::ZERO, &mut event).await.is_err());
        waiting.push(event);
    }
    assert_eq!(invoke("wait=go").await, Err(InvokeError::Throttled));
    let response = stack.get("/v1/single").await;
    assert_eq!(response.status(), 429);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body, json!({ "message": "Too Many Requests" }));
    // What nobody waits for any more makes room.
    drop(waiting);
    stack.put("go", "");
    assert_eq!(stack.get("/v1/single").await.status(), 200);
    assert!(first.await.unwrap().unwrap().is_ok());
    assert_eq!(stack.noted().len(), 2);
}

#[tokio::test]
async fn a_waiting_event_whose_caller_has_gone_is_not_worked_on() {
    let stack = Stack::start("concurrency-gone").await;
    let invoke = |command: &str| {
        let lambda = stack.lambda.clone();
        let event = json!({ "do": command }).to_string();
        async move { lambda.invoke("SingleFunction", event.into()).await }
    };
    let first = tokio::spawn(invoke("wait=go"));
    eventually(|| async { (stack.noted().len() == 1).then_some(()) }).await;
    let mut gone = Box::pin(invoke("gone"));
    assert!(timeout(Duration::ZERO, &mut gone).await.is_err());
    let mut kept = Box::pin(invoke("kept"));
    assert!(timeout(Duration::ZERO, &mut kept).await.is_err());
    drop(gone);
    stack.put("go", "");
    assert!(first.await.unwrap().unwrap().is_ok());
    assert!(kept.await.unwrap().is_ok());
    let commands: Vec<Value> = stack
        .noted()
        .into_iter()
        .map(|event| event["do"].clone())
        .collect();
    assert_eq!(commands, ["wait=go", "kept"]);
}
