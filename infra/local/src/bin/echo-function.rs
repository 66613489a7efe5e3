//! A Lambda function for the tests of the local stack: it answers with what it got, and does on
//! demand what functions do wrong.

#![expect(
    clippy::panic,
    reason = "a function that panics is one of the things to test"
)]

use std::{
    collections::BTreeMap,
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use tokio::time::sleep;

/// How many events this process has had.
static EVENTS: AtomicU32 = AtomicU32::new(0);
/// How long an instance waits for others or for a file at most.
const LOOKS_MAX: u32 = 1_500;
const LOOK_EVERY: Duration = Duration::from_millis(10);

#[tokio::main]
async fn main() -> Result<(), Error> {
    let variables: BTreeMap<String, String> = env::vars().collect();
    match variables.get("ECHO_START").map(String::as_str) {
        Some("exit") => process::exit(3),
        Some("hang") => sleep(Duration::from_hours(1)).await,
        _ => {}
    }
    let handler = |event| handle(event, variables.clone());
    run(service_fn(handler)).await
}

async fn handle(
    event: LambdaEvent<Value>,
    variables: BTreeMap<String, String>,
) -> Result<Value, Error> {
    let count = EVENTS.fetch_add(1, Ordering::Relaxed) + 1;
    let folder = PathBuf::from(variables.get("ECHO_FOLDER").cloned().unwrap_or_default());
    let (event, context) = event.into_parts();
    note(&folder, &event)?;
    if event.get("Records").is_some() {
        return Ok(queue_batch(&folder, &event));
    }
    if event.get("type").is_some() {
        return authorizer(&event, count);
    }
    let command = event.get("rawQueryString").or(event.get("do"));
    let command = command.and_then(Value::as_str).unwrap_or_default();
    let (verb, argument) = command.split_once('=').unwrap_or((command, ""));
    match verb {
        "crash" => process::exit(7),
        "panic" => panic!("asked to panic"),
        "child" => {
            let child = process::Command::new("sleep").arg("3600").spawn()?;
            Ok(json!({ "child": child.id() }))
        }
        "sleep" => {
            sleep(Duration::from_millis(argument.parse()?)).await;
            Ok(json!({ "statusCode": 204 }))
        }
        "meet" => meet(&folder, argument.parse()?).await,
        "alone" => alone(&folder).await,
        "wait" => {
            appearance(&folder.join(argument)).await?;
            Ok(json!({ "pid": process::id() }))
        }
        "answer" => Ok(fs::read_to_string(folder.join(argument))?.parse()?),
        "large" => Ok(json!({ "body": "x".repeat(argument.parse()?) })),
        _ => {
            let echo = json!({
                "event": event,
                "variables": variables,
                "pid": process::id(),
                "count": count,
                "requestId": context.request_id,
                "deadlineMs": context.deadline,
                "arn": context.invoked_function_arn,
                "program": env::current_exe()?,
            });
            Ok(json!({
                "statusCode": 200,
                "headers": { "content-type": "application/json" },
                "body": echo.to_string(),
            }))
        }
    }
}

/// Appends the event to a file, for tests of functions that nobody hears the answer of.
fn note(folder: &Path, event: &Value) -> Result<(), Error> {
    if folder.is_dir() {
        let path = folder.join("events");
        let mut file = fs::File::options().create(true).append(true).open(path)?;
        // In one piece, since other instances append as well.
        file.write_all(format!("{event}\n").as_bytes())?;
    }
    Ok(())
}

/// Fails the messages that say so.
fn queue_batch(folder: &Path, event: &Value) -> Value {
    let records = event.get("Records").and_then(Value::as_array);
    let mut failures = Vec::new();
    for record in records.into_iter().flatten() {
        let id = record.get("messageId").cloned().unwrap_or_default();
        match record.get("body").and_then(Value::as_str) {
            Some("poison") => failures.push(json!({ "itemIdentifier": id })),
            Some("lie") => failures.push(json!({ "itemIdentifier": "somebody-else" })),
            Some("crash once") if fs::File::create_new(folder.join("crashed")).is_ok() => {
                process::exit(7);
            }
            _ => {}
        }
    }
    json!({ "batchItemFailures": failures })
}

/// Decides by the token.
fn authorizer(event: &Value, count: u32) -> Result<Value, Error> {
    let token = event.pointer("/identitySource/0").and_then(Value::as_str);
    match token.unwrap_or_default() {
        "deny" => Ok(json!({ "isAuthorized": false })),
        "fail" => Err("asked to fail".into()),
        "nonsense" => Ok(json!({ "isAuthorized": "yes" })),
        token => Ok(json!({
            "isAuthorized": true,
            "context": { "token": token, "asked": count.to_string() },
        })),
    }
}

/// Waits until so many processes are here at the same time.
async fn meet(folder: &Path, wanted: usize) -> Result<Value, Error> {
    let place = folder.join("meeting");
    fs::create_dir_all(&place)?;
    fs::write(place.join(process::id().to_string()), "")?;
    for _ in 0..LOOKS_MAX {
        if fs::read_dir(&place)?.count() >= wanted {
            return Ok(json!({ "pid": process::id() }));
        }
        sleep(LOOK_EVERY).await;
    }
    Err("the others did not come".into())
}

/// Fails if another event is being worked on at the same time.
async fn alone(folder: &Path) -> Result<Value, Error> {
    let place = folder.join("alone");
    fs::File::create_new(&place)?;
    sleep(LOOK_EVERY).await;
    fs::remove_file(&place)?;
    Ok(json!({ "pid": process::id() }))
}

async fn appearance(path: &Path) -> Result<(), Error> {
    for _ in 0..LOOKS_MAX {
        if path.exists() {
            return Ok(());
        }
        sleep(LOOK_EVERY).await;
    }
    Err("the file did not appear".into())
}
