//! CloudFormation's side: the database as a resource of a stack, which is brought up to date before
//! the functions that need it.
//!
//! CloudFormation sends an event when the resource is made, when a property of it has changed, and when it is
//! to go, and then waits for an answer at a presigned URL. It waits for an hour where none comes, so there is one
//! after every error, a panic and the end of the time as well
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes.html>).

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use aws_lambda_events::cloudformation::{
    CloudFormationCustomResourceResponse as Response,
    CloudFormationCustomResourceResponseStatus as Status,
};
use futures_util::FutureExt as _;
use serde::Deserialize;
use serde_json::Value;
use shared::aws;
use shared::config::ConfigError;
use shared::db::DatabaseConfig;
use shared::deadline::Deadline;
use tokio::time::{sleep, timeout};

use crate::apply::{Work, deploy};
use crate::lint::Strictness;
use crate::{MigrateError, Passwords, Running, embedded};

/// The resource's physical id. It never changes: CloudFormation would delete the one before.
const PHYSICAL_ID: &str = "database-schema";
/// The property that names the release: the number of its last file.
const SCHEMA: &str = "Schema";
/// How long a reason may be, in bytes. CloudFormation takes an answer of 4,096.
const REASON_BYTES_MAX: usize = 1_000;
/// What is kept of an invocation's time for the answer, in seconds: more than its attempts take.
const ANSWER_SECS: u64 = 20;
/// How often the answer is sent until it is taken.
const SENDS_MAX: u32 = 3;
/// How long one sending may take, in seconds.
const SEND_SECS_MAX: u64 = 5;
/// The pause between two of them, in milliseconds.
const SEND_PAUSE_MS: u64 = 1_000;

/// What CloudFormation sends. Only the place for the answer has to be there: without it nobody can be
/// told what else is missing.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StackEvent {
    request_type: Kind,
    #[serde(rename = "ResponseURL")]
    response_url: String,
    #[serde(default)]
    stack_id: String,
    #[serde(default)]
    request_id: String,
    #[serde(default)]
    logical_resource_id: String,
    physical_resource_id: Option<String>,
    #[serde(default)]
    resource_properties: Value,
    #[serde(default)]
    old_resource_properties: Value,
}

/// What befalls the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Kind {
    Create,
    Update,
    Delete,
}

/// Does what a stack asks for, and answers what it is to be told. There is always an answer.
///
/// Nothing is removed with the resource: a database outlives its stack.
pub async fn respond(
    event: &StackEvent,
    database: Result<(DatabaseConfig, Passwords), ConfigError>,
    deadline: &Deadline,
) -> Response {
    let work = async {
        if event.request_type != Kind::Delete {
            let asked = release(&event.resource_properties)?;
            // What the stack had until now is what is running. A new resource had nothing.
            let running = release(&event.old_resource_properties);
            let running = running.map_or(Running::Unknown, Running::Release);
            let (database, passwords) = database?;
            let work = Work {
                release: &embedded::release(),
                database: &database,
                passwords: &passwords,
                strictness: Strictness::Insisting,
                deadline,
            };
            let applied = deploy(&work, asked, running).await?;
            tracing::info!(?applied, "deployment may go on");
        }
        Ok::<(), MigrateError>(())
    };
    let outcome = in_time(Box::pin(work), deadline).await;
    if let Err(reason) = &outcome {
        tracing::error!(reason, "deployment must not go on");
    }
    answer(event, outcome)
}

/// Tells the stack, some times over where it is not taken.
///
/// An error means that the stack still waits: Lambda then sends the event again, and everything is
/// done and told once more.
pub async fn tell(event: &StackEvent, response: &Response) -> Result<(), MigrateError> {
    let text = serde_json::to_string(response).unwrap_or_default();
    let mut count = 1;
    loop {
        let put = aws::put(&event.response_url, text.clone());
        let told = timeout(Duration::from_secs(SEND_SECS_MAX), put).await;
        let reason = match told {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(_elapsed) => format!("no answer within {SEND_SECS_MAX} s"),
        };
        tracing::warn!(reason, attempt = count, "stack not told");
        if count == SENDS_MAX {
            return Err(MigrateError::Untold(reason));
        }
        count += 1;
        sleep(Duration::from_millis(SEND_PAUSE_MS)).await;
    }
}

/// The release that a resource's properties name. CloudFormation makes texts of all numbers.
fn release(properties: &Value) -> Result<i32, MigrateError> {
    let number = match properties.get(SCHEMA) {
        Some(Value::String(text)) => text.parse().ok(),
        Some(Value::Number(number)) => number.as_i64().and_then(|number| number.try_into().ok()),
        _ => None,
    };
    number.ok_or(MigrateError::Property(SCHEMA))
}

/// The outcome of `work`, or why there is none.
async fn in_time(
    work: impl Future<Output = Result<(), MigrateError>>,
    deadline: &Deadline,
) -> Result<(), String> {
    let work = AssertUnwindSafe(work).catch_unwind();
    let outcome = match deadline.left() {
        None => work.await,
        Some(left) => {
            let left = left.saturating_sub(Duration::from_secs(ANSWER_SECS));
            match timeout(left, work).await {
                Ok(outcome) => outcome,
                Err(_elapsed) => return Err(MigrateError::TimeUp.to_string()),
            }
        }
    };
    match outcome {
        Ok(outcome) => outcome.map_err(|error| error.to_string()),
        // What a panic says is for the log, where it is already.
        Err(_panic) => Err("the function panicked; its log says where".to_owned()),
    }
}

fn answer(event: &StackEvent, outcome: Result<(), String>) -> Response {
    let mut response = Response::default();
    let physical = event.physical_resource_id.as_deref();
    physical
        .unwrap_or(PHYSICAL_ID)
        .clone_into(&mut response.physical_resource_id);
    response.stack_id.clone_from(&event.stack_id);
    response.request_id.clone_from(&event.request_id);
    let logical = &event.logical_resource_id;
    response.logical_resource_id.clone_from(logical);
    // Always a text: the type would write null where there is none, which is not what is asked for.
    let (status, mut reason) = match outcome {
        Ok(()) => (Status::Success, "the schema is as asked for".to_owned()),
        Err(reason) => (Status::Failed, reason),
    };
    reason.truncate(reason.floor_char_boundary(REASON_BYTES_MAX));
    response.status = status;
    response.reason = Some(reason);
    response
}

#[cfg(test)]
mod tests;
