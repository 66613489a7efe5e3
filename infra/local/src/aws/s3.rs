//! S3, by s3s on a folder, with what the file system alone does not give.
//!
//! A conditional write must look and write in one step, which a folder does not offer: all
//! requests that change one object take turns here. And every object is encrypted at rest with
//! SSE-S3 as far as answers tell, as every new object on AWS is.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::Path,
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode},
    response::{IntoResponse as _, Response},
};
use s3s::{
    S3Result,
    auth::{S3Auth, SecretKey},
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;
use tokio::{
    sync::{Mutex, MutexGuard},
    time::timeout,
};
use tower::ServiceExt as _;

use super::{SECRET_ACCESS_KEY, ServicesError, listen::Endpoint};

/// Objects share this many locks, by the hash of their path.
const LOCKS: usize = 64;
/// How long one request may take, its wait for the object's lock included.
const REQUEST_WAIT: Duration = Duration::from_mins(1);
const SSE_HEADER: &str = "x-amz-server-side-encryption";
const SSE_S3: &str = "AES256";

/// Everybody has a name of their own, and all have one secret.
struct OneSecret;

#[async_trait::async_trait]
impl S3Auth for OneSecret {
    async fn get_secret_key(&self, _access_key: &str) -> S3Result<SecretKey> {
        Ok(SecretKey::from(SECRET_ACCESS_KEY))
    }
}

#[derive(Clone)]
struct S3 {
    service: S3Service,
    locks: Arc<[Mutex<()>]>,
}

/// Serves the buckets in the folder `dir`.
pub(super) async fn start(dir: &Path) -> Result<Endpoint, ServicesError> {
    std::fs::create_dir_all(dir).map_err(ServicesError::file(dir))?;
    let files = FileSystem::new(dir).map_err(|error| ServicesError::Data {
        service: "S3",
        path: dir.to_path_buf(),
        reason: format!("{error:?}"),
    })?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(OneSecret);
    let s3 = S3 {
        service: builder.build(),
        locks: (0..LOCKS).map(|_| Mutex::new(())).collect(),
    };
    Endpoint::start_router(Router::new().fallback(answer).with_state(s3)).await
}

async fn answer(State(s3): State<S3>, request: Request) -> Response {
    let asked = request.headers().get(SSE_HEADER);
    if asked.is_some_and(|algorithm| algorithm != SSE_S3) {
        return refusal(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            "only server-side encryption with AES256 is emulated",
        );
    }
    match timeout(REQUEST_WAIT, s3.serve(request)).await {
        Ok(response) => response,
        Err(_elapsed) => refusal(
            StatusCode::SERVICE_UNAVAILABLE,
            "SlowDown",
            "the request took too long",
        ),
    }
}

impl S3 {
    async fn serve(&self, request: Request) -> Response {
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        let of_object = is_object(request.uri().path());
        let _turn = if changes && of_object {
            self.turn(request.uri().path()).await
        } else {
            None
        };
        let mut response = match self.service.clone().oneshot(request).await {
            Ok(response) => response.into_response(),
            Err(error) => {
                return refusal(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "InternalError",
                    &format!("{error:?}"),
                );
            }
        };
        if of_object && response.status().is_success() {
            let headers = response.headers_mut();
            headers.insert(SSE_HEADER, HeaderValue::from_static(SSE_S3));
        }
        response
    }

    async fn turn(&self, path: &str) -> Option<MutexGuard<'_, ()>> {
        let mut hasher = DefaultHasher::new();
        path.hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % LOCKS as u64).ok()?;
        Some(self.locks.get(place)?.lock().await)
    }
}

/// Whether a path names an object, `/bucket/key`, and not a bucket.
fn is_object(path: &str) -> bool {
    path.trim_start_matches('/')
        .split_once('/')
        .is_some_and(|(_bucket, key)| !key.is_empty())
}

/// An error as S3 writes it; `message` goes into XML text and is never a client's.
fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    let message = message.replace('&', "&amp;").replace('<', "&lt;");
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    (status, [("content-type", "application/xml")], body).into_response()
}
