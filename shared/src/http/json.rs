//! JSON in and out.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{ApiError, FieldError};

/// The largest request body, in bytes. Lambda itself ends at 6 MiB.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// The room that an answer is written into, in bytes: a page of fifty rows fits, and what is larger
/// is copied once instead of at each doubling.
const ANSWER_BYTES_USUAL: usize = 16 * 1024;

/// How much of a caller's own text an error repeats, in characters.
const ECHO_CHARS_MAX: usize = 100;

/// A JSON body (RFC 8259).
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = read_body(body).await?;
        read_json(&parts.headers, &bytes).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut body = Vec::with_capacity(ANSWER_BYTES_USUAL);
        match serde_json::to_writer(&mut body, &self.0) {
            Ok(()) => {
                let json = HeaderValue::from_static("application/json");
                ([(CONTENT_TYPE, json)], body).into_response()
            }
            Err(error) => ApiError::internal(error).into_response(),
        }
    }
}

/// Reads a whole body of at most [`BODY_BYTES_MAX`]; 413 past that.
pub async fn read_body(body: Body) -> Result<Bytes, ApiError> {
    let read = axum::body::to_bytes(body, BODY_BYTES_MAX).await;
    read.map_err(|error| {
        let detail = format!("body: must have at most {BODY_BYTES_MAX} bytes");
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail).caused_by(error)
    })
}

/// Reads a body as a `T`; 415 when it is not declared as JSON, 400 naming the member at fault.
pub fn read_json<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, ApiError> {
    if !declares_json(headers) {
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "content-type: must be application/json",
        ));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        fault("body", &path, &error.into_inner().to_string())
    })?;
    reader
        .end()
        .map_err(|error| fault("body", ".", &error.to_string()))?;
    Ok(value)
}

fn declares_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    kind == "application/json" || kind == "application/merge-patch+json"
}

/// A serde error as the member it is about: by its path, or by the name in the message when the
/// member is missing or unknown.
pub(super) fn fault(whole: &'static str, path: &str, message: &str) -> ApiError {
    let named = message.split('`').nth(1).unwrap_or(whole);
    // serde writes `?` for a place it cannot name, such as the end of a text cut short.
    let unnamed = path.is_empty() || path == "." || path.contains('?');
    let reason = message.split(" at line ").next().unwrap_or(message);
    let (field, code, detail) = if message.starts_with("missing field") {
        (named, "required", "is missing")
    } else if message.starts_with("unknown field") {
        (named, "unknown", "is not known here")
    } else if message.starts_with("duplicate field") {
        (named, "duplicate", "is given twice")
    } else if unnamed {
        (whole, "malformed", reason)
    } else {
        (path, "malformed", reason)
    };
    ApiError::invalid([FieldError::new(cut(field), code, cut(detail))])
}

/// serde quotes what it did not like, whole: an answer must not grow with the request.
fn cut(text: &str) -> String {
    match text.char_indices().nth(ECHO_CHARS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
