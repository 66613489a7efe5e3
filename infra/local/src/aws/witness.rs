//! A door before the services that notes who calls what, and hands each call on.
//!
//! Who calls is told by the access key id that a request, or a presigned link, is signed with: the
//! runtime gives each function one of its own. What is called is noted in the words of IAM.

mod call;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};

pub use self::call::Call;
use self::call::Service;
use super::{ServicesError, listen::Endpoint};

/// So many different calls are noted, and no more.
const CALLS_MAX: usize = 10_000;
/// The largest body that is handed on, in bytes: an object of 64 MiB, and its framing.
const BODY_BYTES_MAX: usize = 65 * 1024 * 1024;
/// How long a service may take to answer.
const ANSWER_WAIT: Duration = Duration::from_mins(1);
/// What belongs to one connection and not to the call that is handed on.
const OF_CONNECTION: [header::HeaderName; 4] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::TRANSFER_ENCODING,
];

/// The doors of the three services, and what went through them.
#[derive(Debug)]
pub(super) struct Witness {
    pub(super) dynamodb: Endpoint,
    pub(super) s3: Endpoint,
    pub(super) sqs: Endpoint,
    calls: Calls,
}

type Calls = Arc<Mutex<BTreeSet<Call>>>;

#[derive(Debug, Clone)]
struct Door {
    service: Service,
    /// The service behind it.
    url: String,
    client: reqwest::Client,
    calls: Calls,
}

impl Witness {
    /// Opens a door before each service; the URLs are DynamoDB's, S3's and SQS's.
    pub(super) async fn start(urls: [String; 3]) -> Result<Self, ServicesError> {
        let client = reqwest::Client::builder().timeout(ANSWER_WAIT).build();
        let client = client.map_err(|error| ServicesError::Listen(std::io::Error::other(error)))?;
        let calls = Calls::default();
        let open = |service, url| {
            let door = Door {
                service,
                url,
                client: client.clone(),
                calls: Arc::clone(&calls),
            };
            Endpoint::start_router(Router::new().fallback(hand_on).with_state(door))
        };
        let [dynamodb, s3, sqs] = urls;
        Ok(Self {
            dynamodb: open(Service::DynamoDb, dynamodb).await?,
            s3: open(Service::S3, s3).await?,
            sqs: open(Service::Sqs, sqs).await?,
            calls,
        })
    }

    /// What has been called until now.
    pub(super) fn calls(&self) -> BTreeSet<Call> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.clone()
    }

    pub(super) async fn stop(self) {
        self.dynamodb.stop().await;
        self.s3.stop().await;
        self.sqs.stop().await;
    }
}

async fn hand_on(State(door): State<Door>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    door.note(&parts, &body);
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let sent = door
        .client
        .request(parts.method, format!("{}{path}", door.url))
        .headers(handed_on(parts.headers))
        .body(body)
        .send();
    let Ok(answer) = sent.await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let (status, headers) = (answer.status(), handed_on(answer.headers().clone()));
    match answer.bytes().await {
        Ok(bytes) => (status, headers, Body::from(bytes)).into_response(),
        Err(_broken) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

fn handed_on(mut headers: HeaderMap) -> HeaderMap {
    for name in OF_CONNECTION {
        headers.remove(name);
    }
    headers
}

impl Door {
    fn note(&self, parts: &Parts, body: &[u8]) {
        let calls = call::read(self.service, parts, body);
        let mut noted = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        for call in calls {
            if noted.len() < CALLS_MAX {
                noted.insert(call);
            }
        }
    }
}
