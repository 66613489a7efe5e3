//! The step that keeps what a caller has written in the caller's sight, whoever answers.
//!
//! A write answers with `Consistency-Token`. A read that brings it, or several in a list, is
//! answered by a server that has what was written. `Consistency` says who answered a read, as a
//! structured field (RFC 9651, section 3.3): `primary`, or `replica;lag-ms=120`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::db::{Consistency, ConsistencyToken, LAG_MS_UNKNOWN, ReadFrom};
use crate::error::{ApiError, FieldError};
use crate::state::App;

static CONSISTENCY: HeaderName = HeaderName::from_static("consistency");
static CONSISTENCY_TOKEN: HeaderName = HeaderName::from_static("consistency-token");

/// Tokens in a request: those of as many writes that went on at the same time.
const TOKENS_MAX: usize = 8;

/// Who answered the reads of a request, for its record.
#[derive(Debug, Clone, Copy)]
pub(super) struct ServedBy(pub(super) &'static str);

/// Reads the request's tokens, and says in the answer what to bring next time and who answered.
///
/// A token that is none is a 400 with and without a replica; nothing else happens without one.
pub(super) async fn honour(State(app): State<App>, request: Request, next: Next) -> Response {
    let tokens = match tokens(request.headers()) {
        Ok(tokens) => tokens,
        Err(refusal) => return ApiError::from(refusal).into_response(),
    };
    if !app.db.has_replica() {
        return next.run(request).await;
    }
    let may_lag = request.method().is_safe();
    let terms = Arc::new(Consistency::new(app.clock.clone(), may_lag, &tokens));
    let mut response = terms.scope(next.run(request)).await;
    if let Some(token) = terms.token()
        && let Ok(token) = HeaderValue::try_from(token.encode())
    {
        response
            .headers_mut()
            .insert(CONSISTENCY_TOKEN.clone(), token);
    }
    if let Some(from) = terms.read_from() {
        let (server, consistency) = describe(from);
        response
            .headers_mut()
            .insert(CONSISTENCY.clone(), consistency);
        response.extensions_mut().insert(ServedBy(server));
    }
    response
}

/// The word for the request's record, and the header.
fn describe(from: ReadFrom) -> (&'static str, HeaderValue) {
    match from {
        ReadFrom::Primary => ("primary", HeaderValue::from_static("primary")),
        ReadFrom::Fallback => ("fallback", HeaderValue::from_static("primary")),
        ReadFrom::Replica {
            lag_ms: LAG_MS_UNKNOWN,
        } => ("replica", HeaderValue::from_static("replica")),
        ReadFrom::Replica { lag_ms } => {
            let text = HeaderValue::try_from(format!("replica;lag-ms={lag_ms}"));
            // Words and digits only, so this does not fail.
            let text = text.unwrap_or(HeaderValue::from_static("replica"));
            ("replica", text)
        }
    }
}

fn tokens(headers: &HeaderMap) -> Result<Vec<ConsistencyToken>, FieldError> {
    let mut tokens = Vec::new();
    for value in headers.get_all(&CONSISTENCY_TOKEN) {
        for text in value.to_str().unwrap_or_default().split(',') {
            let Some(token) = ConsistencyToken::decode(text.trim()) else {
                return Err(refuse("malformed", "must be what a write answered with"));
            };
            if tokens.len() == TOKENS_MAX {
                return Err(refuse("too_many", "must be 8 tokens at most"));
            }
            tokens.push(token);
        }
    }
    Ok(tokens)
}

fn refuse(code: &'static str, detail: &'static str) -> FieldError {
    FieldError::new("consistency-token", code, detail)
}
