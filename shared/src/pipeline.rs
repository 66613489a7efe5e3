//! The order in which every request passes through the shared steps, in one place.
//!
//! ```text
//! observe ─► version ─► identify ─► count ─► consistency ─► handler    Gate::Tenant
//!                    └► count by address ──► consistency ─► handler    Gate::Credentials
//!                    └────────────────────────────────────► handler    Gate::Public
//! ```
//!
//! **Invariant:** a handler is reached through [`service`] only, so no route can leave a step out;
//! a tenant's route without an identified tenant answers 401 before its handler runs.

mod consistency;
mod count;
mod identify;
mod observe;
mod version;

use std::collections::HashSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, Request};
use axum::http::StatusCode;
use axum::http::header::ALLOW;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;
use crate::http::{Gate, Route};
use crate::idempotency;
use crate::state::App;
use crate::{config, telemetry};

/// What the steps know besides the request.
#[derive(Clone)]
struct Frame {
    app: App,
    /// The paths of all routes: where a deprecated one has its successor.
    paths: Arc<HashSet<&'static str>>,
}

/// Turns a route table into the service that a function runs.
pub fn service<S>(table: Vec<Route<S>>, state: S) -> Router
where
    S: Clone + Send + Sync + 'static,
    App: FromRef<S>,
{
    let frame = Frame {
        app: App::from_ref(&state),
        paths: Arc::new(table.iter().map(|route| route.path).collect()),
    };
    let app = frame.app.clone();
    let (mut tenants, mut credentials, mut public) = (Router::new(), Router::new(), Router::new());
    for route in table {
        let gated = match route.gate {
            Gate::Tenant => &mut tenants,
            Gate::Credentials => &mut credentials,
            Gate::Public => &mut public,
        };
        let handler = match route.key_required {
            true => route.handler.route_layer(from_fn(require_key)),
            false => route.handler,
        };
        *gated = std::mem::take(gated).route(route.path, handler);
    }
    let consistency = from_fn_with_state(app.clone(), consistency::honour);
    let credentials = credentials
        .layer(consistency.clone())
        .layer(from_fn_with_state(app.clone(), count::by_address));
    tenants
        .layer(consistency)
        .layer(from_fn_with_state(app, count::by_tenant))
        .layer(from_fn(identify::identify))
        .merge(credentials)
        .merge(public)
        .fallback(async || ApiError::not_found("resource"))
        .layer(from_fn(explain_method))
        .layer(from_fn_with_state(frame.clone(), version::announce))
        .layer(from_fn_with_state(frame, observe::observe))
        .with_state(state)
}

/// Runs a function's routes on Lambda until the environment ends.
pub async fn run<S>(
    name: &'static str,
    table: Vec<Route<S>>,
    state: S,
) -> Result<(), lambda_http::Error>
where
    S: Clone + Send + Sync + 'static,
    App: FromRef<S>,
{
    telemetry::init(name, config::optional("LOG_LEVEL").as_deref())?;
    lambda_http::run(service(table, state)).await
}

/// Refuses a creating request without `Idempotency-Key`.
async fn require_key(request: Request, next: Next) -> Response {
    match idempotency::carries_key(request.headers()) {
        true => next.run(request).await,
        false => idempotency::key_missing().into_response(),
    }
}

/// Gives the router's bare 405 the form of every other error.
async fn explain_method(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        // Only the problem is new: who asked, and that they were counted, is known already.
        let allow = response.headers().get(ALLOW).cloned();
        let explained = ApiError::method_not_allowed(allow).into_response();
        response
            .extensions_mut()
            .extend(explained.into_parts().0.extensions);
    }
    response
}
