//! The one error a handler returns, and what a caller sees of it.

use std::borrow::Cow;
use std::fmt;

use axum::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// What went wrong with one member of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The member: a JSON pointer's last steps (`name`), a query parameter or a header.
    pub field: Cow<'static, str>,
    /// A word a program can act on.
    pub code: &'static str,
    /// A sentence for a person.
    pub detail: Cow<'static, str>,
}

impl FieldError {
    /// One fault of one member.
    pub fn new(
        field: impl Into<Cow<'static, str>>,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            field: field.into(),
            code,
            detail: detail.into(),
        }
    }
}

/// A problem document (RFC 9457), before a version of the API has written it down.
///
/// Holds nothing that differs between two calls with the same outcome: the answer for another
/// tenant's identifier is, byte for byte, the answer for one that never existed.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// `urn:tenantry:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status line's phrase.
    pub title: &'static str,
    /// The status code.
    pub status: u16,
    /// A sentence for a person.
    pub detail: Cow<'static, str>,
    /// A word a program can act on.
    pub code: &'static str,
    /// Which members of the request are at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// The code of the problem in an answer, for the request's record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProblemCode(pub(crate) &'static str);

/// A failure, as a caller may see it; its cause, which no caller sees, is logged once.
#[derive(Debug)]
pub struct ApiError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    headers: HeaderMap,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ApiError {
    /// Any failure with a status and a code of its own.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Inner {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            headers: HeaderMap::new(),
            source: None,
        }))
    }

    /// 400: a member of the request is missing, malformed or out of range.
    pub fn invalid(errors: impl Into<Vec<FieldError>>) -> Self {
        let errors = errors.into();
        let detail = match errors.as_slice() {
            [one] => format!("{}: {}", one.field, one.detail),
            several => format!("{} members are invalid", several.len()),
        };
        let mut error = Self::new(StatusCode::BAD_REQUEST, "invalid_request", detail);
        error.0.errors = errors;
        error
    }

    /// 401: no usable credentials, with the challenge of RFC 6750, section 3.
    pub fn unauthenticated(reason: &'static str) -> Self {
        let challenge = match reason {
            "expired_token" | "invalid_token" | "revoked_session" => {
                r#"Bearer error="invalid_token""#
            }
            _ => "Bearer",
        };
        Self::new(StatusCode::UNAUTHORIZED, reason, "authentication required")
            .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// 403: known, and not permitted, within the caller's own tenant.
    pub fn forbidden(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// 404: absent, or another tenant's, and nobody can tell which.
    pub fn not_found(what: &'static str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("{what} not found"),
        )
    }

    /// 405, with the methods that the path does take.
    pub fn method_not_allowed(allow: Option<HeaderValue>) -> Self {
        let error = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "this path does not take this method",
        );
        match allow {
            Some(allow) => error.with_header(ALLOW, allow),
            None => error,
        }
    }

    /// 409: the state of the thing does not allow it.
    pub fn conflict(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 429 (RFC 6585, section 4): the caller has used up what it may ask for.
    pub fn too_many_requests(retry_after_secs: u32) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "quota_exceeded",
            "too many requests",
        )
        .retry_after(retry_after_secs)
    }

    /// 503: something we need is out of reach; trying again is worthwhile.
    pub fn unavailable(retry_after_secs: u32) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "temporarily unavailable",
        )
        .retry_after(retry_after_secs)
    }

    /// 500: ours to mend. The cause is for the log alone.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let error = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "internal error",
        );
        error.caused_by(source)
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn caused_by(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds a response header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// Adds `Retry-After` (RFC 9110, section 10.2.3), in whole seconds.
    #[must_use]
    pub fn retry_after(self, secs: u32) -> Self {
        self.with_header(RETRY_AFTER, HeaderValue::from(secs))
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The word a program can act on.
    pub fn code(&self) -> &'static str {
        self.0.code
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)
    }
}

impl std::error::Error for ApiError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<FieldError> for ApiError {
    fn from(error: FieldError) -> Self {
        Self::invalid([error])
    }
}

impl From<Vec<FieldError>> for ApiError {
    fn from(errors: Vec<FieldError>) -> Self {
        Self::invalid(errors)
    }
}

impl IntoResponse for ApiError {
    /// Status, headers and the [`Problem`] as an extension: the pipeline's outermost step, which
    /// knows the version, writes the body.
    fn into_response(self) -> Response {
        let inner = *self.0;
        if inner.status.is_server_error() {
            log(&inner);
        }
        let problem = Problem {
            kind: format!("urn:tenantry:problem:{}", inner.code),
            title: inner.status.canonical_reason().unwrap_or("Error"),
            status: inner.status.as_u16(),
            detail: inner.detail,
            code: inner.code,
            errors: inner.errors,
        };
        let mut response = (inner.status, inner.headers).into_response();
        response.extensions_mut().insert(ProblemCode(inner.code));
        response.extensions_mut().insert(problem);
        response
    }
}

/// The one place where a failure of ours is logged, with every cause behind it.
fn log(inner: &Inner) {
    let source = inner.source.as_deref();
    tracing::error!(
        error.code = inner.code,
        error.causes = source.map(|source| causes(source)),
        "request failed"
    );
}

/// PostgreSQL's own text goes on with the row at fault, which belongs into no log.
fn describe(cause: &(dyn std::error::Error + 'static)) -> String {
    match cause.downcast_ref::<tokio_postgres::error::DbError>() {
        Some(db) => format!("{} {}", db.code().code(), db.message()),
        None => cause.to_string(),
    }
}

/// An error and what is behind it, outermost first, in one line. For logs only.
pub fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |cause| cause.source());
    causes.map(describe).collect::<Vec<_>>().join(": ")
}
