//! What happens to a request, step by step.

use std::{net::SocketAddr, time::Duration};

use axum::{
    extract::Request,
    http::HeaderValue,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use serde_json::Value;
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    authorizer::Authorizer, event::Routed, inbound::Inbound, refusal::Refusal, response::response,
    routes::Routes,
};
use crate::{
    runtime::Lambda,
    template::{Api, Stage},
};

/// How long a function may take behind an HTTP API; AWS allows no more.
const FUNCTION_WAIT: Duration = Duration::from_secs(30);
/// The header in which each answer names its request.
const REQUEST_ID_HEADER: &str = "apigw-requestid";
/// AWS's request ids are of this many bytes.
const REQUEST_ID_BYTES: usize = 11;

/// The API's parts, ready for requests.
#[derive(Debug)]
pub(super) struct Entrance {
    stages: Vec<Stage>,
    authorizers: Vec<Authorizer>,
    routes: Routes,
    lambda: Lambda,
}

impl Entrance {
    pub(super) fn new(api: &Api, lambda: Lambda) -> Self {
        Self {
            stages: api.stages.clone(),
            authorizers: api
                .authorizers
                .iter()
                .cloned()
                .map(Authorizer::new)
                .collect(),
            routes: Routes::new(&api.routes),
            lambda,
        }
    }

    /// Answers a request that came from `peer`.
    pub(super) async fn answer(&self, peer: SocketAddr, request: Request) -> Response {
        let request_id = request_id();
        let asked = format!("{} {}", request.method(), request.uri().path());
        let mut response = self
            .process(request_id.clone(), peer, request)
            .await
            .unwrap_or_else(Refusal::into_response);
        tracing::debug!(asked, request_id, status = response.status().as_u16());
        if let Ok(value) = HeaderValue::try_from(request_id) {
            response.headers_mut().insert(REQUEST_ID_HEADER, value);
        }
        response
    }

    async fn process(
        &self,
        request_id: String,
        peer: SocketAddr,
        request: Request,
    ) -> Result<Response, Refusal> {
        let inbound = Inbound::read(request_id, peer, request).await?;
        let (stage, path) = self.stage(&inbound.path).ok_or(Refusal::NotFound)?;
        let found = self.routes.find(&inbound.method, path);
        let found = found.ok_or(Refusal::NotFound)?;
        let routed = Routed {
            inbound: &inbound,
            stage,
            found: &found,
        };
        let context = self.context(&routed).await?;
        let event = routed.for_function(context).to_string();
        let trace_id = inbound.trace_id.clone();
        let invoked = self
            .lambda
            .invoke_traced(&found.route.function, event.into(), trace_id);
        match timeout(FUNCTION_WAIT, invoked).await {
            Ok(Ok(Ok(answer))) => response(&answer),
            Ok(Ok(Err(error))) => {
                tracing::warn!(route = found.key(), %error, "the function failed");
                Err(Refusal::InternalServerError)
            }
            Ok(Err(error)) => Err(error.into()),
            Err(_elapsed) => Err(Refusal::ServiceUnavailable),
        }
    }

    /// The stage that a path begins with, and the path behind it.
    fn stage<'p>(&self, path: &'p str) -> Option<(&Stage, &'p str)> {
        let inside = path.strip_prefix('/')?;
        let name = inside.split('/').next()?;
        let stage = self.stages.iter().find(|stage| stage.name == name)?;
        Some((stage, inside.strip_prefix(name)?))
    }

    /// What the route's authorizer says about the request; `None` when the route is public.
    async fn context(&self, routed: &Routed<'_>) -> Result<Option<Value>, Refusal> {
        let Some(name) = &routed.found.route.authorizer else {
            return Ok(None);
        };
        let authorizer = self.authorizers.iter().find(|one| one.name() == name);
        let authorizer = authorizer.ok_or(Refusal::InternalServerError)?;
        authorizer.authorize(&self.lambda, routed).await.map(Some)
    }
}

/// A request id of the form that API Gateway's have.
fn request_id() -> String {
    let random = Uuid::new_v4();
    let bytes = random
        .as_bytes()
        .get(..REQUEST_ID_BYTES)
        .unwrap_or_default();
    URL_SAFE.encode(bytes)
}
