//! Turns a function's answer into an HTTP response, by the rules of payload format 2.0.

use axum::{
    body::{Body, Bytes},
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE, TRANSFER_ENCODING},
        response::Builder,
    },
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::refusal::Refusal;

/// Headers about the connection, which are the gateway's own.
const OWN_HEADERS: [HeaderName; 3] = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING];

/// The response that `answer` stands for.
///
/// An answer with a `statusCode` says what the response is to be; any other is the body of a 200.
/// What makes no response is the function's fault, and a 500.
pub(super) fn response(answer: &[u8]) -> Result<Response, Refusal> {
    let parsed: Value =
        serde_json::from_slice(answer).map_err(|_no_json| Refusal::InternalServerError)?;
    let outcome = if parsed.get("statusCode").is_some() {
        described(&parsed)
    } else {
        bare(&parsed)
    };
    outcome.ok_or(Refusal::InternalServerError)
}

fn bare(body: &Value) -> Option<Response> {
    let text = body
        .as_str()
        .map_or_else(|| body.to_string(), str::to_owned);
    Response::builder()
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(text))
        .ok()
}

fn described(answer: &Value) -> Option<Response> {
    let status = u16::try_from(answer.get("statusCode")?.as_u64()?).ok()?;
    let mut builder = Response::builder().status(StatusCode::from_u16(status).ok()?);
    if let Some(headers) = answer.get("headers").and_then(Value::as_object) {
        for (name, value) in headers {
            builder = with_header(builder, name, value)?;
        }
    }
    if let Some(cookies) = answer.get("cookies").and_then(Value::as_array) {
        for cookie in cookies {
            builder = builder.header(SET_COOKIE, cookie.as_str()?);
        }
    }
    let body = body(answer)?;
    let has_type = builder.headers_ref()?.contains_key(CONTENT_TYPE);
    if !has_type && !body.is_empty() {
        builder = builder.header(CONTENT_TYPE, "text/plain; charset=utf-8");
    }
    builder.body(Body::from(body)).ok()
}

fn with_header(builder: Builder, name: &str, value: &Value) -> Option<Builder> {
    let name: HeaderName = name.parse().ok()?;
    if OWN_HEADERS.contains(&name) {
        return Some(builder);
    }
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    let value = HeaderValue::from_bytes(text.as_bytes()).ok()?;
    Some(builder.header(name, value))
}

fn body(answer: &Value) -> Option<Bytes> {
    let Some(body) = answer.get("body").filter(|body| !body.is_null()) else {
        return Some(Bytes::new());
    };
    let text = body.as_str()?;
    let is_base64 = answer.get("isBase64Encoded").and_then(Value::as_bool);
    if is_base64 == Some(true) {
        return STANDARD.decode(text).ok().map(Bytes::from);
    }
    Some(Bytes::copy_from_slice(text.as_bytes()))
}
