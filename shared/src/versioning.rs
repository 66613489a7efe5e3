//! What a version of the API promises, and until when.

use std::fmt;

use axum::http::header::LINK;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::ApiError;

/// A version of the API, as the stage and the first segment of a path spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiVersion {
    /// The first one.
    V1,
    /// The current one.
    V2,
}

impl ApiVersion {
    /// Both, oldest first.
    pub const ALL: [Self; 2] = [Self::V1, Self::V2];

    /// The stage's name, which is also the first segment of every path.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        }
    }

    /// The version whose name is `text`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|version| version.as_str() == text)
    }

    /// The version a path asks for.
    pub fn of_path(path: &str) -> Option<Self> {
        Self::parse(path.split('/').nth(1)?)
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The version of a request: that of its path, which a gateway's stage must not contradict.
pub fn of_request(parts: &Parts) -> Result<ApiVersion, ApiError> {
    let version = ApiVersion::of_path(parts.uri.path());
    let stage = match parts.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.stage.as_deref(),
        _ => None,
    };
    let named_stage = stage.filter(|stage| *stage != "$default");
    match (version, named_stage) {
        (Some(version), None) => Ok(version),
        (Some(version), Some(stage)) if stage == version.as_str() => Ok(version),
        _ => Err(ApiError::not_found("resource")),
    }
}

/// How long a version lives: the stage's own variables, so that no date is in code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// Since when callers should move on (`deprecated_at`).
    pub deprecated_at: Option<OffsetDateTime>,
    /// From when it answers 410 (`sunset_at`).
    pub sunset_at: Option<OffsetDateTime>,
    /// The version to move to (`successor`).
    pub successor: Option<ApiVersion>,
    /// The page that explains it (`policy`), an absolute URL.
    pub policy: Option<String>,
}

impl Lifecycle {
    /// Reads the stage variables of a request. A variable that does not parse is logged and
    /// counts as absent: a typing error in a date must not take the API down.
    pub fn of_request(parts: &Parts) -> Self {
        let Some(variables) = parts.stage_variables_ref() else {
            return Self::default();
        };
        let at = |name: &str| {
            let text = variables.first(name)?;
            let date = OffsetDateTime::parse(text, &Rfc3339).ok();
            // An HTTP date has no year before 1970, and no version ended then.
            let date = date.filter(|date| *date >= OffsetDateTime::UNIX_EPOCH);
            if date.is_none() {
                tracing::error!(variable = name, "stage variable is no usable date");
            }
            date
        };
        Self {
            deprecated_at: at("deprecated_at"),
            sunset_at: at("sunset_at"),
            successor: variables.first("successor").and_then(ApiVersion::parse),
            policy: variables.first("policy").map(str::to_owned),
        }
    }

    /// Whether the version has been switched off.
    pub fn ended(&self, now: OffsetDateTime) -> bool {
        self.sunset_at.is_some_and(|sunset_at| sunset_at <= now)
    }

    /// The answer of a version that has been switched off.
    pub fn gone() -> ApiError {
        ApiError::new(
            StatusCode::GONE,
            "version_gone",
            "this version of the API has been switched off",
        )
    }

    /// Adds `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and `Link` (RFC 8288) to an answer.
    ///
    /// `successor_path` is where the same resource lives in the next version, if it does.
    pub fn announce(&self, successor_path: Option<&str>, headers: &mut HeaderMap) {
        if let Some(at) = self.deprecated_at {
            let value = format!("@{}", at.unix_timestamp());
            insert(headers, HeaderName::from_static("deprecation"), &value);
        }
        if let Some(at) = self.sunset_at {
            let value = httpdate::fmt_http_date(at.into());
            insert(headers, HeaderName::from_static("sunset"), &value);
        }
        if self.deprecated_at.is_none() && self.sunset_at.is_none() {
            return;
        }
        let successor = successor_path.map(|path| format!(r#"<{path}>; rel="successor-version""#));
        let pages = self.policy.iter().flat_map(|page| {
            ["deprecation", "sunset"]
                .map(|rel| format!(r#"<{page}>; rel="{rel}"; type="text/html""#))
        });
        let links: Vec<_> = successor.into_iter().chain(pages).collect();
        if !links.is_empty() {
            insert(headers, LINK, &links.join(", "));
        }
    }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.append(name, value);
    }
}
