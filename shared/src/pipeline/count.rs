//! The step that holds callers to what they may ask for.

use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::future::join;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use tokio::task::yield_now;

use crate::error::ApiError;
use crate::limits::{OnFailure, Scope, Verdict, headers};
use crate::quota::Quotas;
use crate::state::App;
use crate::tenant::TenantContext;

/// What one request costs.
const COST: u32 = 1;
/// What one address may try on the credential routes: enough for an office, too little to guess.
const CREDENTIALS_QUOTAS: &str = "minute=60";
/// When a caller should come back while the counter is out of reach, in seconds.
const UNAVAILABLE_RETRY_AFTER_SECS: u32 = 2;

/// What the limiter said about a request, for the request's record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    /// [`Verdict::as_str`].
    pub(super) outcome: &'static str,
    /// The time until it answered.
    pub(super) duration: Duration,
}

/// Counts a tenant's request against its entitlements.
///
/// A read of a tenant far from its limit runs while it is being counted; its answer is thrown
/// away in the rare case of a refusal. Everything else is counted first.
pub(super) async fn by_tenant(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(context) = request.extensions().get::<TenantContext>().cloned() else {
        return ApiError::unauthenticated("missing_credentials").into_response();
    };
    let scope = Scope::tenant(context.tenant.id());
    let quotas = &context.quotas;
    let check = timed(app.limits.check(&scope, quotas, COST, OnFailure::Open));
    if request.method() == Method::GET && app.limits.far_from_limit(&scope, quotas) {
        // The yield sends the statements off, so that the database works on them while the
        // counter's request is being written and signed.
        let after = async {
            yield_now().await;
            check.await
        };
        let (response, verdict) = join(next.run(request), after).await;
        return conclude(verdict, async || response).await;
    }
    conclude(check.await, async || next.run(request).await).await
}

/// Counts a request that wants to obtain credentials, by the caller's address. Without a counter
/// it is refused: guessing must not become free when DynamoDB is away.
pub(super) async fn by_address(State(app): State<App>, request: Request, next: Next) -> Response {
    let Ok(quotas) = CREDENTIALS_QUOTAS.parse::<Quotas>() else {
        return ApiError::unavailable(UNAVAILABLE_RETRY_AFTER_SECS).into_response();
    };
    let scope = Scope::address(source_address(&request));
    let check = app.limits.check(&scope, &quotas, COST, OnFailure::Closed);
    conclude(timed(check).await, async || next.run(request).await).await
}

/// The address as the gateway saw it; never a header that a caller can write. Callers without one
/// share a bucket.
fn source_address(request: &Request) -> &str {
    match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => {
            context.http.source_ip.as_deref().unwrap_or_default()
        }
        _ => "",
    }
}

async fn timed(check: impl Future<Output = Verdict> + Send) -> (Verdict, Counted) {
    let start = Instant::now();
    let verdict = check.await;
    let counted = Counted {
        outcome: verdict.as_str(),
        duration: start.elapsed(),
    };
    (verdict, counted)
}

async fn conclude(
    (verdict, counted): (Verdict, Counted),
    answer: impl AsyncFnOnce() -> Response,
) -> Response {
    let (mut response, standing) = match verdict {
        Verdict::Allow { standing, .. } => (answer().await, Some(standing)),
        Verdict::Deny {
            standing,
            retry_after_secs,
        } => {
            let error = ApiError::too_many_requests(retry_after_secs);
            (error.into_response(), Some(standing))
        }
        Verdict::Unavailable => {
            let error = ApiError::unavailable(UNAVAILABLE_RETRY_AFTER_SECS);
            (error.into_response(), None)
        }
    };
    if let Some(standing) = standing {
        response.headers_mut().extend(headers(&standing));
    }
    response.extensions_mut().insert(counted);
    response
}
