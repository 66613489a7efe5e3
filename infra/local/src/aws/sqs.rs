//! SQS standard queues: the JSON protocol in front, [`broker`] behind it.
//!
//! Our own, because the product leans on three things that the embeddable servers lack: message
//! groups on standard queues (fair queues), time-outs that end on time, and messages that
//! outlive the process. FIFO queues are refused.
//!
//! The protocol is AWS JSON 1.0 with the codes of the older query protocol in a header, see
//! <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait>.

mod attributes;
mod batch;
mod broker;
mod error;
mod journal;
mod message;
mod messages;
mod queue;
mod queues;
mod wire;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse as _, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use self::{broker::Broker, error::SqsError};
use super::{
    ServicesError,
    listen::{Endpoint, serve},
};
use crate::clock;

/// Room for one full batch of 1 MiB whose every byte is escaped as `\u0000`.
const REQUEST_BYTES_MAX: usize = 8 * 1024 * 1024;
const TARGET_PREFIX: &str = "AmazonSQS.";
const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// The service's state, shared by all requests.
#[derive(Debug)]
struct Sqs {
    url: String,
    broker: Mutex<Broker>,
    arrivals: Arc<Notify>,
    stopping: watch::Sender<bool>,
}

/// Serves the queues that the journal file holds, or none that outlive the process.
pub(super) async fn start(journal: Option<PathBuf>) -> Result<Endpoint, ServicesError> {
    let broker = Broker::open(journal)?;
    Endpoint::start(|listener, stop| async move {
        let Ok(address) = listener.local_addr() else {
            return;
        };
        let sqs = Arc::new(Sqs {
            url: format!("http://{address}"),
            arrivals: broker.arrivals(),
            broker: Mutex::new(broker),
            stopping: watch::Sender::new(false),
        });
        let router = Router::new()
            .fallback(answer)
            .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
            .with_state(Arc::clone(&sqs));
        serve(listener, router, async move {
            stop.asked().await;
            // Receivers that wait for a message would hold the stop up.
            sqs.stopping.send_replace(true);
        })
        .await;
    })
    .await
}

async fn answer(
    State(sqs): State<Arc<Sqs>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let operation = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok()?.strip_prefix(TARGET_PREFIX));
    let outcome = match operation {
        Some(operation) if method == Method::POST => sqs.perform(operation, &body).await,
        _ => Err(SqsError::unsupported("a POST with X-Amz-Target is needed")),
    };
    let (status, error, body) = match outcome {
        Ok(body) => (StatusCode::OK, None, body),
        Err(error) => (error.status(), Some(error.query_code()), error.body()),
    };
    let mut response = (status, [("content-type", CONTENT_TYPE)], body.to_string()).into_response();
    let mut set = |name: &'static str, value: String| {
        if let Ok(value) = value.try_into() {
            response.headers_mut().insert(name, value);
        }
    };
    set("x-amzn-requestid", Uuid::new_v4().to_string());
    if let Some(code) = error {
        set("x-amzn-query-error", code);
    }
    response
}

impl Sqs {
    async fn perform(&self, operation: &str, body: &[u8]) -> Result<Value, SqsError> {
        match operation {
            "CreateQueue" => self.with(body, Self::create_queue),
            "DeleteQueue" => self.with(body, |sqs, request| sqs.delete_queue(&request)),
            "GetQueueAttributes" => {
                self.with(body, |sqs, request| sqs.get_queue_attributes(&request))
            }
            "GetQueueUrl" => self.with(body, |sqs, request| sqs.get_queue_url(&request)),
            "ListQueues" => self.with(body, |sqs, request| Ok(sqs.list_queues(&request))),
            "PurgeQueue" => self.with(body, |sqs, request| sqs.purge_queue(&request)),
            "SetQueueAttributes" => self.with(body, Self::set_queue_attributes),
            "ChangeMessageVisibility" => {
                self.with(body, |sqs, request| sqs.change_message_visibility(&request))
            }
            "DeleteMessage" => self.with(body, |sqs, request| sqs.delete_message(&request)),
            "SendMessage" => self.with(body, Self::send_message),
            "ChangeMessageVisibilityBatch" => {
                self.with(body, Self::change_message_visibility_batch)
            }
            "DeleteMessageBatch" => self.with(body, Self::delete_message_batch),
            "SendMessageBatch" => self.with(body, Self::send_message_batch),
            "ReceiveMessage" => to_json(&self.receive_message(&from_json(body)?).await?),
            other => Err(SqsError::unsupported(&format!("{other} is not emulated"))),
        }
    }

    fn with<I: DeserializeOwned, O: Serialize>(
        &self,
        body: &[u8],
        perform: impl FnOnce(&Self, I) -> Result<O, SqsError>,
    ) -> Result<Value, SqsError> {
        to_json(&perform(self, from_json(body)?)?)
    }

    fn broker(&self) -> MutexGuard<'_, Broker> {
        // What a panic left behind is still the journal's state, record for record.
        self.broker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue_url(&self, name: &str) -> String {
        format!("{}/{}/{name}", self.url, super::ACCOUNT_ID)
    }
}

fn from_json<I: DeserializeOwned>(body: &[u8]) -> Result<I, SqsError> {
    serde_json::from_slice(body).map_err(|error| SqsError::serialization(&error.to_string()))
}

fn to_json<O: Serialize>(output: &O) -> Result<Value, SqsError> {
    serde_json::to_value(output).map_err(|error| SqsError::internal(&error.to_string()))
}

/// Milliseconds since 1970, the unit of every time in this module.
fn now_ms() -> u64 {
    u64::try_from(clock::now_ms()).unwrap_or_default()
}
