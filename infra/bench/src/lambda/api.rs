//! The HTTP side of the Runtime API, for one instance.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt as _;
use local::runtime::PAYLOAD_BYTES_MAX;
use local::template::function_arn;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// Where the next event goes.
pub(super) type Asker = oneshot::Sender<Bytes>;
/// What an instance made of its event: its answer, or what it said of its failure.
pub(super) type Outcome = Result<Bytes, String>;

/// An instance asks for one event at a time and gives one answer.
const CALLS_MAX: usize = 1;
/// The deadline that instances are told, in milliseconds since the epoch: the year 2100.
const DEADLINE_MS: &str = "4102444800000";

/// Where an instance's calls are heard.
#[derive(Clone)]
pub(super) struct Doors {
    askers: mpsc::Sender<Asker>,
    outcomes: mpsc::Sender<Outcome>,
}

impl Doors {
    pub(super) fn new() -> (Self, mpsc::Receiver<Asker>, mpsc::Receiver<Outcome>) {
        let (askers, asked) = mpsc::channel(CALLS_MAX);
        let (outcomes, ended) = mpsc::channel(CALLS_MAX);
        (Self { askers, outcomes }, asked, ended)
    }
}

pub(super) async fn serve(listener: TcpListener, doors: Doors) {
    let router = Router::new().fallback(answer).with_state(doors);
    let listener = listener.tap_io(|stream| {
        // Without it small answers wait for the other side's delayed acknowledgement.
        drop(stream.set_nodelay(true));
    });
    // axum's server outlives failed accepts and never returns an error.
    drop(axum::serve(listener, router).await);
}

async fn answer(State(doors): State<Doors>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    match parts.method {
        Method::GET if path.ends_with("/invocation/next") => next(&doors).await,
        Method::POST if path.ends_with("/response") => tell(&doors, body, Ok).await,
        Method::POST if path.ends_with("/error") => {
            let said = |body: Bytes| Err(String::from_utf8_lossy(&body).into_owned());
            tell(&doors, body, said).await
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn next(doors: &Doors) -> Response {
    let (asker, event) = oneshot::channel();
    // An error means that the instance is being killed.
    drop(doors.askers.send(asker).await);
    let Ok(event) = event.await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", Uuid::new_v4().to_string()),
        ("lambda-runtime-deadline-ms", DEADLINE_MS.to_owned()),
        ("lambda-runtime-invoked-function-arn", function_arn("bench")),
        (
            "lambda-runtime-trace-id",
            "Root=1-5759e988-bd862e3fe1be46a994272793".to_owned(),
        ),
    ];
    (headers, event).into_response()
}

async fn tell(doors: &Doors, body: Body, outcome: impl FnOnce(Bytes) -> Outcome) -> Response {
    let outcome = match to_bytes(body, PAYLOAD_BYTES_MAX).await {
        Ok(body) => outcome(body),
        Err(error) => Err(error.to_string()),
    };
    drop(doors.outcomes.send(outcome).await);
    StatusCode::ACCEPTED.into_response()
}
