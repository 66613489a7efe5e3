//! A worker's process under a Runtime API of its own, as Lambda would run it.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

/// The deadline that an invocation is told, in milliseconds since the epoch: the year 2100.
const DEADLINE_MS: &str = "4102444800000";
/// How much of an answer is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A process that dies with its owner.
pub(crate) struct Program {
    child: Child,
    events: mpsc::Sender<Bytes>,
    answers: mpsc::Receiver<Value>,
    serving: JoinHandle<()>,
}

#[derive(Clone)]
struct Api {
    events: Arc<Mutex<mpsc::Receiver<Bytes>>>,
    answers: mpsc::Sender<Value>,
}

impl Program {
    /// Starts one with these variables beside the test's own.
    pub(crate) async fn start(variables: &[(String, String)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (events, incoming) = mpsc::channel(1);
        let (outgoing, answers) = mpsc::channel(1);
        let router = Router::new().fallback(serve).with_state(Api {
            events: Arc::new(Mutex::new(incoming)),
            answers: outgoing,
        });
        let serving = tokio::spawn(async {
            drop(axum::serve(listener, router).await);
        });
        let child = Command::new(env!("CARGO_BIN_EXE_report-worker"))
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "report-worker")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "log")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "log")
            .env("LOG_LEVEL", "error")
            .envs(variables.iter().cloned())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            child,
            events,
            answers,
            serving,
        }
    }

    /// Hands it an event; it works on one at a time.
    pub(crate) async fn offer(&self, event: &Value) {
        self.events.send(event.to_string().into()).await.unwrap();
    }

    /// What it answers.
    pub(crate) async fn answer(&mut self) -> Value {
        self.answers.recv().await.unwrap()
    }

    /// Sends it a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let kill = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(kill.unwrap().success(), "{name} to {pid}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SIGKILL, which ends a stopped process as well.
        drop(self.child.kill());
        drop(self.child.wait());
        self.serving.abort();
    }
}

async fn serve(State(api): State<Api>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if parts.method == Method::GET {
        // A process that was killed while it waited has left its wait behind.
        let Some(event) = api.events.lock().await.recv().await else {
            return StatusCode::GONE.into_response();
        };
        let headers = [
            ("content-type", "application/json"),
            ("lambda-runtime-aws-request-id", "request-1"),
            ("lambda-runtime-deadline-ms", DEADLINE_MS),
            (
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:us-east-1:123456789012:function:report-worker",
            ),
            (
                "lambda-runtime-trace-id",
                "Root=1-5759e988-bd862e3fe1be46a994272793",
            ),
        ];
        return (headers, event).into_response();
    }
    let body = to_bytes(body, ANSWER_BYTES_MAX).await.unwrap();
    let answer = match parts.uri.path().ends_with("/response") {
        true => serde_json::from_slice(&body).unwrap(),
        false => panic!("the worker failed: {}", String::from_utf8_lossy(&body)),
    };
    drop(api.answers.try_send(answer));
    StatusCode::ACCEPTED.into_response()
}
