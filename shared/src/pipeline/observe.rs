//! The outermost step: a panic becomes an answer, and every request leaves one line behind.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use axum::body::HttpBody;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use tracing::Instrument;

use super::Frame;
use super::consistency::ServedBy;
use super::count::Counted;
use super::version::write_problem;
use crate::error::{ApiError, ProblemCode};
use crate::telemetry::{DatabaseUse, LimiterUse, RequestRecord};
use crate::tenant::TenantContext;
use crate::versioning::ApiVersion;

static REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
static SERVED: AtomicBool = AtomicBool::new(false);

/// What is known of a request before it is served.
struct Arrival {
    request_id: String,
    trace_id: Option<String>,
    route: String,
    version: Option<ApiVersion>,
    request_bytes: u64,
    cold_start: bool,
}

/// Serves the request, contains a panic, adds `Request-Id` and writes the request's record.
pub(super) async fn observe(State(frame): State<Frame>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let at = frame.app.clock.now();
    let before = frame.app.db.trips();
    let arrival = Arrival::of(&request);
    let span = tracing::info_span!("request", request.id = %arrival.request_id);
    let served = AssertUnwindSafe(next.run(request).instrument(span)).catch_unwind();
    let mut response = served.await.unwrap_or_else(|_| {
        let failure = ApiError::internal("handler panicked").into_response();
        write_problem(arrival.version.unwrap_or(ApiVersion::V2), failure)
    });
    if let Ok(id) = HeaderValue::from_str(&arrival.request_id) {
        response.headers_mut().insert(REQUEST_ID.clone(), id);
    }
    let context = response.extensions().get::<TenantContext>();
    let counted = response.extensions().get::<Counted>();
    RequestRecord {
        at,
        request_id: &arrival.request_id,
        trace_id: arrival.trace_id.as_deref(),
        route: &arrival.route,
        version: arrival.version.map_or("none", ApiVersion::as_str),
        tier: context.map_or("none", |context| &context.tier),
        status: response.status().as_u16(),
        error_code: response.extensions().get().map(|ProblemCode(code)| *code),
        tenant: context.map(|context| context.tenant.id()),
        duration: start.elapsed(),
        cold_start: arrival.cold_start,
        request_bytes: arrival.request_bytes,
        response_bytes: response.body().size_hint().lower(),
        database: DatabaseUse {
            read_from: response.extensions().get().map(|ServedBy(server)| *server),
            ..(frame.app.db.trips() - before).into()
        },
        limiter: counted.map(|counted| LimiterUse {
            outcome: counted.outcome,
            duration: counted.duration,
        }),
    }
    .emit();
    response
}

impl Arrival {
    fn of(request: &Request) -> Self {
        let context = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
            _ => None,
        };
        let lambda = request.lambda_context_ref();
        let invocation = lambda.map(|lambda| lambda.request_id.clone());
        let path = request.extensions().get::<MatchedPath>();
        Self {
            request_id: context.or(invocation).unwrap_or_default(),
            trace_id: lambda.and_then(|lambda| lambda.xray_trace_id.clone()),
            route: match path {
                Some(path) => format!("{} {}", request.method(), without_version(path.as_str())),
                None => "unmatched".to_owned(),
            },
            version: ApiVersion::of_path(request.uri().path()),
            request_bytes: request.body().size_hint().lower(),
            cold_start: !SERVED.swap(true, Ordering::Relaxed),
        }
    }
}

/// The version is a field of its own.
fn without_version(path: &str) -> &str {
    let versioned = ApiVersion::of_path(path).map(|version| version.as_str().len() + 1);
    versioned.and_then(|end| path.get(end..)).unwrap_or(path)
}
