//! The guard against lost updates, `ETag` and `If-Match` (RFC 9110, sections 8.8.3 and 13.1.1), and
//! against sending what the caller has: `If-None-Match` (13.1.2).

use std::convert::Infallible;

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Answer;
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

/// How much of a body's SHA-256 its tag holds, in bytes.
const TAG_BYTES: usize = 16;

/// The entity tags of what the caller has: those of every `If-None-Match`, as they were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfNoneMatch(Vec<String>);

impl IfNoneMatch {
    /// The answer with a tag made of its body, or 304 and the tag alone when the caller has it.
    ///
    /// For what is the same until the code changes: the body is made either way.
    pub fn unless_known(&self, answer: Answer) -> Answer {
        let hash = digest(&SHA256, &answer.body);
        let start = hash.as_ref().get(..TAG_BYTES).unwrap_or_default();
        let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(start));
        // Compared weakly (RFC 9110, section 8.8.3.2).
        let has = |sent: &String| *sent == "*" || sent.trim_start_matches("W/") == tag;
        match self.0.iter().any(has) {
            true => Answer::empty(StatusCode::NOT_MODIFIED).with(ETAG, tag),
            false => answer.with(ETAG, tag),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let sent = parts.headers.get_all(IF_NONE_MATCH).into_iter();
        let lists = sent.filter_map(|value| value.to_str().ok());
        let tags = lists.flat_map(|list| list.split(','));
        Ok(Self(tags.map(|tag| tag.trim().to_owned()).collect()))
    }
}
