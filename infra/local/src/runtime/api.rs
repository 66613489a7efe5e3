//! The HTTP side of the Lambda Runtime API, for all instances of all functions on one port.
//!
//! Each instance has its own root, `/.rt/<function>/<instance>`, which is how its calls are told
//! from those of the others.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Method, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    serve::ListenerExt as _,
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};

use super::{
    FunctionError, Functions, Outcome, PAYLOAD_BYTES_MAX, function::Function, instance::Call,
};
use crate::template::function_arn;

const JSON: &str = "application/json";

/// Serves the functions' instances.
pub(super) async fn serve(listener: TcpListener, functions: Arc<Functions>) {
    let router = Router::new().fallback(answer).with_state(functions);
    let listener = listener.tap_io(|stream| {
        // Without it small answers wait for the other side's delayed acknowledgement.
        drop(stream.set_nodelay(true));
    });
    // axum's server outlives failed accepts and never returns an error.
    drop(axum::serve(listener, router).await);
}

/// The instance that a call comes from.
struct Caller<'a> {
    function: &'a Function,
    door: mpsc::Sender<Call>,
}

async fn answer(State(functions): State<Arc<Functions>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let segments: Vec<&str> = parts
        .uri
        .path()
        .trim_start_matches('/')
        .split('/')
        .collect();
    let [
        ".rt",
        function,
        instance,
        "2018-06-01",
        "runtime",
        call @ ..,
    ] = segments.as_slice()
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Some(caller) = Caller::find(&functions, function, instance) else {
        return refused("there is no such instance");
    };
    match (parts.method, call) {
        (Method::GET, ["invocation", "next"]) => caller.next().await,
        (Method::POST, ["invocation", request, "response"]) => caller.response(request, body).await,
        (Method::POST, ["invocation", request, "error"]) => {
            let error = reported(body).await;
            caller.done(request, Err(error)).await
        }
        (Method::POST, ["init", "error"]) => {
            let error = reported(body).await;
            caller.tell(Call::InitFailed(error)).await;
            accepted()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

impl<'a> Caller<'a> {
    fn find(functions: &'a Functions, function: &str, instance: &str) -> Option<Self> {
        let function = functions.get(function)?;
        let door = function.door(instance.parse().ok()?)?;
        Some(Self { function, door })
    }

    /// Passes a call on. One to an instance that has just ended gets no answer.
    async fn tell(&self, call: Call) {
        let _ended = self.door.send(call).await;
    }

    async fn next(&self) -> Response {
        let (asker, handed_out) = oneshot::channel();
        self.tell(Call::Next(asker)).await;
        let Ok(handout) = handed_out.await else {
            return refused("the instance is to end");
        };
        let headers = [
            ("content-type", JSON.to_owned()),
            ("lambda-runtime-aws-request-id", handout.request_id),
            (
                "lambda-runtime-deadline-ms",
                handout.deadline_ms.to_string(),
            ),
            (
                "lambda-runtime-invoked-function-arn",
                function_arn(&self.function.options.name),
            ),
            ("lambda-runtime-trace-id", handout.trace_id),
        ];
        (headers, handout.payload).into_response()
    }

    async fn response(&self, request: &str, body: Body) -> Response {
        if let Ok(payload) = to_bytes(body, PAYLOAD_BYTES_MAX).await {
            return self.done(request, Ok(payload)).await;
        }
        // Whatever kept the answer from being read whole, the event has none.
        self.done(request, Err(FunctionError::response_too_large()))
            .await;
        StatusCode::PAYLOAD_TOO_LARGE.into_response()
    }

    async fn done(&self, request: &str, outcome: Outcome) -> Response {
        let (accept, is_accepted) = oneshot::channel();
        self.tell(Call::Done {
            request_id: request.to_owned(),
            outcome,
            accepted: accept,
        })
        .await;
        if is_accepted.await.is_ok() {
            accepted()
        } else {
            refused("the instance does not work on this request")
        }
    }
}

async fn reported(body: Body) -> FunctionError {
    match to_bytes(body, PAYLOAD_BYTES_MAX).await {
        Ok(payload) => FunctionError { payload },
        Err(_too_large) => FunctionError::response_too_large(),
    }
}

fn accepted() -> Response {
    json_response(StatusCode::ACCEPTED, &json!({ "status": "OK" }))
}

fn refused(reason: &str) -> Response {
    let error = json!({ "errorType": "InvalidRequest", "errorMessage": reason });
    json_response(StatusCode::BAD_REQUEST, &error)
}

fn json_response(status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, JSON)], body.to_string()).into_response()
}
