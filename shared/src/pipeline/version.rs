//! The step that knows the version: its end, its headers, and its form of an error.

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Frame;
use crate::error::Problem;
use crate::versioning::{self, ApiVersion, Lifecycle};

/// Serves the request in its version, ends it with 410 after the sunset, and adds the headers that
/// tell callers of a version's end.
pub(super) async fn announce(State(frame): State<Frame>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let version = match versioning::of_request(&parts) {
        Ok(version) => version,
        Err(refusal) => return write_problem(ApiVersion::V2, refusal.into_response()),
    };
    parts.extensions.insert(version);
    let lifecycle = Lifecycle::of_request(&parts);
    let successor = successor_path(&frame, &lifecycle, &parts);
    let response = match lifecycle.ended(frame.app.clock.now()) {
        true => Lifecycle::gone().into_response(),
        false => next.run(Request::from_parts(parts, body)).await,
    };
    let mut response = write_problem(version, response);
    lifecycle.announce(successor.as_deref(), response.headers_mut());
    response.extensions_mut().insert(version);
    response
}

/// Where the same resource lives in the next version, if that version still has it.
fn successor_path(
    frame: &Frame,
    lifecycle: &Lifecycle,
    parts: &axum::http::request::Parts,
) -> Option<String> {
    let successor = lifecycle.successor?;
    let moved = |path: &str| {
        let (_, rest) = path.strip_prefix('/')?.split_once('/')?;
        Some(format!("/{successor}/{rest}"))
    };
    let route = moved(parts.extensions.get::<MatchedPath>()?.as_str())?;
    frame.paths.contains(route.as_str()).then_some(())?;
    moved(parts.uri.path())
}

#[derive(Serialize)]
struct V1Error<'a> {
    error: &'a str,
}

/// Writes a [`Problem`] down: `{"error": …}` in v1, `application/problem+json` since.
pub(super) fn write_problem(version: ApiVersion, mut response: Response) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    let (kind, body) = match version {
        ApiVersion::V1 => {
            let error = V1Error {
                error: &problem.detail,
            };
            ("application/json", serde_json::to_vec(&error))
        }
        ApiVersion::V2 => ("application/problem+json", serde_json::to_vec(&problem)),
    };
    let Ok(body) = body else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.remove(CONTENT_LENGTH);
    *response.body_mut() = Body::from(body);
    response
}
