//! The function's own program under a Runtime API of its own, so that it can be killed.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::database::Database;

/// The deadline that an invocation is told, in milliseconds since the epoch: the year 2100.
const DEADLINE_MS: &str = "4102444800000";
/// How much of an answer is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// How long an invocation may take, in seconds.
const ANSWER_SECS_MAX: u64 = 120;

/// How an invocation ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    Answered,
    Failed(Value),
    Killed,
}

#[derive(Clone)]
struct Api {
    event: Bytes,
    outcomes: mpsc::Sender<Outcome>,
}

/// A process that dies with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Starts the function, hands it one event, and kills it after `life` unless it has answered.
pub(crate) async fn invoke(database: &Database, event: &Value, life: Option<Duration>) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (outcomes, mut ended) = mpsc::channel(1);
    let event = event.to_string().into();
    let router = Router::new()
        .fallback(answer)
        .with_state(Api { event, outcomes });
    let serving = tokio::spawn(async { axum::serve(listener, router).await });
    let process = Process(
        Command::new(env!("CARGO_BIN_EXE_migrate"))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "migrate")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "log")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "log")
            .env("DATABASE_URL", database.owner_url())
            .env("LOG_LEVEL", "warn")
            .stdout(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let life = life.unwrap_or(Duration::from_secs(ANSWER_SECS_MAX));
    let outcome = tokio::time::timeout(life, ended.recv()).await;
    drop(process);
    serving.abort();
    outcome.ok().flatten().unwrap_or(Outcome::Killed)
}

async fn answer(State(api): State<Api>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    if parts.method == Method::GET && path.ends_with("/invocation/next") {
        let headers = [
            ("content-type", "application/json"),
            ("lambda-runtime-aws-request-id", "request-1"),
            ("lambda-runtime-deadline-ms", DEADLINE_MS),
            (
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:us-east-1:123456789012:function:migrate",
            ),
            (
                "lambda-runtime-trace-id",
                "Root=1-5759e988-bd862e3fe1be46a994272793",
            ),
        ];
        return (headers, api.event).into_response();
    }
    let body = to_bytes(body, ANSWER_BYTES_MAX).await.unwrap();
    let value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let outcome = match path.ends_with("/response") {
        true => Outcome::Answered,
        false => Outcome::Failed(value),
    };
    // A second answer is to the same event again, after the first was taken.
    drop(api.outcomes.try_send(outcome));
    StatusCode::ACCEPTED.into_response()
}
