//! The guard against lost updates: `ETag` and `If-Match` (RFC 9110, sections 8.8.3 and 13.1.1).

use axum::extract::FromRequestParts;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};

use crate::error::{ApiError, FieldError};

/// The version that no row has: they count from 1.
const NO_VERSION: i32 = 0;

/// The entity tag of a row's version.
pub fn etag(version: i32) -> HeaderValue {
    let text = format!("\"{version}\"");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// The version of a row that the caller has seen and wants to change.
///
/// Missing: 428. `*` stands for any version. A tag that is none of ours matches no version, which
/// is what RFC 9110 asks of a tag that does not match; several tags at once are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub Option<i32>);

impl IfMatch {
    /// 412: somebody changed it in between.
    pub fn failed() -> ApiError {
        ApiError::new(
            StatusCode::PRECONDITION_FAILED,
            "stale_version",
            "if-match: the resource has changed since",
        )
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(IF_MATCH) else {
            return Err(ApiError::new(
                StatusCode::PRECONDITION_REQUIRED,
                "if_match_required",
                "if-match: send the ETag of the version to change",
            ));
        };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let opaque = text
            .strip_prefix("W/")
            .unwrap_or(text)
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
            .filter(|opaque| !opaque.contains('"'));
        let Some(opaque) = opaque else {
            return Err(FieldError::new("if-match", "malformed", "must be one ETag").into());
        };
        // Compared as the strong, opaque text it is: `"05"` is not `"5"`.
        let version = opaque.parse().unwrap_or(NO_VERSION);
        let ours = etag(version) == *value;
        Ok(Self(Some(if ours { version } else { NO_VERSION })))
    }
}
