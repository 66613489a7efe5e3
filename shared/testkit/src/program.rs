//! A function's own program under a Runtime API of its own, so that it can be killed.
//!
//! The API is as much of <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html> as one event
//! needs: it hands the event out once, and takes what the program answers.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use shared::config;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use uuid::Uuid;

/// The deadline that an invocation is told, in milliseconds since the epoch: the year 2100.
const DEADLINE_MS: &str = "4102444800000";
/// How much of an answer is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// How long an invocation may take, in seconds.
const ANSWER_SECS_MAX: u64 = 120;
/// The signal that no program can catch, or put off.
const SIGKILL: i32 = 9;
/// What tells an SDK where the emulated services are, and who asks.
const AWS: [&str; 6] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SQS",
];

/// How an invocation ended.
#[derive(Debug)]
pub enum Outcome {
    /// With an answer.
    Answered(Value),
    /// With an error, as the program reported it.
    Failed(Value),
    /// By SIGKILL, while the process was running and had not answered.
    Killed,
    /// The process ended by itself before it answered.
    Ended(ExitStatus),
}

/// A program and its environment.
pub struct Program {
    path: &'static str,
    name: &'static str,
    environment: Vec<(&'static str, String)>,
}

impl Program {
    /// The function `name`, whose program is at `path`: for a crate's own tests,
    /// `env!("CARGO_BIN_EXE_…")`. It inherits nothing but the addresses of the AWS services.
    pub fn new(name: &'static str, path: &'static str) -> Self {
        let known = AWS
            .into_iter()
            .filter_map(|variable| Some((variable, config::optional(variable)?)));
        Self {
            path,
            name,
            environment: known.collect(),
        }
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, variable: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((variable, value.into()));
        self
    }

    /// Starts a process, hands it one event, and kills it after `life` unless it has answered.
    ///
    /// Without a `life` it has [`ANSWER_SECS_MAX`].
    pub async fn invoke(&self, event: &Value, life: Option<Duration>) -> Outcome {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (outcomes, mut ended) = mpsc::channel(1);
        let api = Api {
            function: self.name,
            event: event.to_string().into(),
            taken: Arc::default(),
            outcomes,
        };
        let router = Router::new().fallback(answer).with_state(api);
        let serving = tokio::spawn(async { axum::serve(listener, router).await });
        let mut process = Process(self.start(&address));
        let life = life.unwrap_or(Duration::from_secs(ANSWER_SECS_MAX));
        let said = tokio::time::timeout(life, ended.recv()).await;
        let status = process.end();
        serving.abort();
        // What it said in the moment before it was killed counts.
        match said.ok().flatten().or_else(|| ended.try_recv().ok()) {
            Some(outcome) => outcome,
            None if status.signal() == Some(SIGKILL) => Outcome::Killed,
            None => Outcome::Ended(status),
        }
    }

    fn start(&self, api: &str) -> Child {
        Command::new(self.path)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", api)
            .env("AWS_LAMBDA_FUNCTION_NAME", self.name)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "log")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "log")
            .env("LOG_LEVEL", "warn")
            .envs(self.environment.iter().cloned())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }
}

/// A random part of `whole`, from nothing to all of it.
pub fn part_of(whole: Duration) -> Duration {
    let random = u32::try_from(Uuid::new_v4().as_u128() & 0xffff).unwrap();
    whole * random / 0xffff
}

/// A process that dies with the test.
struct Process(Child);

impl Process {
    /// Kills it, and waits until it is gone.
    fn end(&mut self) -> ExitStatus {
        // It may have ended by itself, which its status tells.
        drop(self.0.kill());
        self.0.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

#[derive(Clone)]
struct Api {
    function: &'static str,
    event: Bytes,
    taken: Arc<AtomicBool>,
    outcomes: mpsc::Sender<Outcome>,
}

async fn answer(State(api): State<Api>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    if parts.method == Method::GET && path.ends_with("/invocation/next") {
        if api.taken.swap(true, Ordering::SeqCst) {
            // There is no other event; the process is killed while it waits for one.
            return std::future::pending().await;
        }
        let arn = format!(
            "arn:aws:lambda:us-east-1:123456789012:function:{}",
            api.function
        );
        let headers = [
            ("content-type", "application/json"),
            ("lambda-runtime-aws-request-id", "request-1"),
            ("lambda-runtime-deadline-ms", DEADLINE_MS),
            ("lambda-runtime-invoked-function-arn", arn.as_str()),
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
        true => Outcome::Answered(value),
        false => Outcome::Failed(value),
    };
    drop(api.outcomes.try_send(outcome));
    StatusCode::ACCEPTED.into_response()
}
