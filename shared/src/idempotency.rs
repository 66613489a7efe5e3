//! The same request twice has one effect and one answer
//! (draft-ietf-httpapi-idempotency-key-header).
//!
//! The record, the effect and its outbox row commit in one transaction, and all of them travel in
//! one batch: the record is simply inserted, and its primary key decides who was first. There is
//! no lease, no clock and no second store that could disagree.

use aws_lc_rs::digest::{Context, SHA256};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio_postgres::Row;

use crate::db::{Access, Database, DbError, Statement, Work};
use crate::error::{ApiError, FieldError};
use crate::http::{Answer, read_body, read_json};
use crate::tenant::Tenant;

/// The longest key, in characters.
pub const KEY_CHARS_MAX: usize = 255;
/// When a caller whose twin is still at work should ask again, in seconds.
const TWIN_RETRY_AFTER_SECS: u32 = 1;

static KEY: HeaderName = HeaderName::from_static("idempotency-key");
static REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

crate::statements! {
    RECORD = "
INSERT INTO idempotency (key, fingerprint, status, headers, body)
VALUES ($1, $2, $3, $4, $5)";

    FIND = "
SELECT fingerprint, status, headers, body
FROM idempotency
WHERE key = $1";
}

/// A caller's key, and what it was sent with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    key: String,
    fingerprint: Vec<u8>,
}

impl IdempotencyKey {
    /// The key of a request, if it has one. The fingerprint covers method, path and body.
    fn of(
        headers: &HeaderMap,
        method: &str,
        path: &str,
        body: &Bytes,
    ) -> Result<Option<Self>, FieldError> {
        let Some(value) = headers.get(&KEY) else {
            return Ok(None);
        };
        let key = parse(value)?;
        let mut hash = Context::new(&SHA256);
        for part in [method.as_bytes(), b" ", path.as_bytes(), b"\n", body] {
            hash.update(part);
        }
        Ok(Some(Self {
            key,
            fingerprint: hash.finish().as_ref().to_vec(),
        }))
    }
}

/// The draft's quoted string (RFC 9651, section 3.3.3), or the bare word that most clients send.
fn parse(value: &HeaderValue) -> Result<String, FieldError> {
    let invalid = || {
        let detail = format!("must be 1 to {KEY_CHARS_MAX} visible ASCII characters");
        FieldError::new("idempotency-key", "malformed", detail)
    };
    let text = value.to_str().or(Err(invalid()))?.trim();
    let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    let key = inner.unwrap_or(text);
    let legible = key
        .bytes()
        .all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
    match legible && (1..=KEY_CHARS_MAX).contains(&key.len()) {
        true => Ok(key.to_owned()),
        false => Err(invalid()),
    }
}

/// Whether a request carries the header; the pipeline asks on routes that insist on it.
pub fn carries_key(headers: &HeaderMap) -> bool {
    headers.contains_key(&KEY)
}

/// 400: a route that insists on the header was called without it.
pub fn key_missing() -> ApiError {
    FieldError::new("idempotency-key", "required", "must be sent").into()
}

/// A JSON body with the key it was sent under.
#[derive(Debug, Clone)]
pub struct Keyed<T> {
    /// The key; `None` where the caller sent none and the route does not insist.
    pub key: Option<IdempotencyKey>,
    /// The body.
    pub body: T,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Keyed<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = read_body(body).await?;
        let (method, path) = (parts.method.as_str(), parts.uri.path());
        let key = IdempotencyKey::of(&parts.headers, method, path, &bytes)?;
        let body = read_json(&parts.headers, &bytes)?;
        Ok(Self { key, body })
    }
}

/// What came of a request that must not happen twice.
#[derive(Debug)]
pub struct Outcome {
    /// The answer to give.
    pub answer: Answer,
    /// Whether it is the stored answer of an earlier request, and nothing was done now.
    pub replayed: bool,
}

impl IntoResponse for Outcome {
    fn into_response(self) -> Response {
        self.answer.into_response()
    }
}

/// Does `work` and keeps `answer`, or gives the answer that was kept.
///
/// First time: one round trip. Same key and request: two, and the stored answer byte for byte,
/// marked `Idempotent-Replayed: true`. Same key, other request: 422. While the first one is still
/// at work: 409 with `Retry-After`. Failures are not kept: the next try may succeed.
pub async fn once<W: Work>(
    db: &Database,
    tenant: Tenant,
    key: Option<IdempotencyKey>,
    answer: Answer,
    work: W,
) -> Result<Outcome, ApiError> {
    once_or(db, tenant, key, answer, work, ApiError::from).await
}

/// The same, with the domain's own word for what the database says no with.
pub async fn once_or<W: Work>(
    db: &Database,
    tenant: Tenant,
    key: Option<IdempotencyKey>,
    answer: Answer,
    work: W,
    refused: impl FnOnce(DbError) -> ApiError,
) -> Result<Outcome, ApiError> {
    let first = Outcome {
        answer,
        replayed: false,
    };
    let Some(key) = key else {
        db.write(tenant, work).await.map_err(refused)?;
        return Ok(first);
    };
    match db.write(tenant, (record(&key, &first.answer), work)).await {
        Ok(_) => Ok(first),
        Err(error) if error.violates("idempotency_pkey") => replay(db, tenant, key).await,
        Err(DbError::Busy(_)) => Err(in_progress()),
        Err(error) => Err(refused(error)),
    }
}

/// As [`once`], where the answer depends on what the work finds; an answer that is an error undoes
/// the work. Two round trips.
///
/// A repetition may find that nothing is left to do and fail for that: the stored answer comes first.
pub async fn once_found<W, E>(
    db: &Database,
    tenant: Tenant,
    key: Option<IdempotencyKey>,
    work: W,
    answer: impl FnOnce(W::Output) -> Result<Answer, E>,
) -> Result<Outcome, ApiError>
where
    W: Work,
    E: Into<ApiError>,
{
    let done = db.transaction(tenant, Access::Write, async |transaction| {
        let answer = answer(transaction.run(work).await?).map_err(Into::into)?;
        let record = key.as_ref().map(|key| record(key, &answer));
        transaction.finish(record).await?;
        Ok::<_, ApiError>(answer)
    });
    let error = match done.await {
        Ok(answer) => {
            return Ok(Outcome {
                answer,
                replayed: false,
            });
        }
        Err(error) => error,
    };
    let Some(key) = key else {
        return Err(error);
    };
    match db.read(tenant, find(key.key.clone())).await {
        Ok(Some(_)) => replay(db, tenant, key).await,
        _ => Err(error),
    }
}

async fn replay(db: &Database, tenant: Tenant, key: IdempotencyKey) -> Result<Outcome, ApiError> {
    let stored = db.read(tenant, find(key.key)).await?;
    // Expired between the two trips: as good as still in progress.
    let stored = stored.ok_or_else(in_progress)?;
    if stored.fingerprint != key.fingerprint {
        return Err(ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "idempotency-key: was used for another request",
        ));
    }
    let answer = stored.answer.ok_or_else(in_progress)?;
    Ok(Outcome {
        answer: answer.with(REPLAYED.clone(), HeaderValue::from_static("true")),
        replayed: true,
    })
}

fn in_progress() -> ApiError {
    ApiError::conflict(
        "request_in_progress",
        "the first request with this idempotency-key is still at work",
    )
    .retry_after(TWIN_RETRY_AFTER_SECS)
}

fn record(key: &IdempotencyKey, answer: &Answer) -> Statement<u64> {
    let headers: Map<String, Value> = answer
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into())))
        .collect();
    Statement::new(RECORD)
        .bind(key.key.clone())
        .bind(key.fingerprint.clone())
        .bind(i32::from(answer.status.as_u16()))
        .bind(Value::Object(headers))
        .bind(answer.body.clone())
}

struct Stored {
    fingerprint: Vec<u8>,
    answer: Option<Answer>,
}

fn find(key: String) -> Statement<Option<Stored>> {
    Statement::new(FIND).bind(key).optional(|row| {
        Ok(Stored {
            fingerprint: row.try_get("fingerprint")?,
            answer: stored_answer(row)?,
        })
    })
}

fn stored_answer(row: &Row) -> Result<Option<Answer>, tokio_postgres::Error> {
    let status: Option<i32> = row.try_get("status")?;
    let headers: Option<Value> = row.try_get("headers")?;
    let body: Option<Vec<u8>> = row.try_get("body")?;
    let status = status
        .and_then(|status| u16::try_from(status).ok())
        .and_then(|status| StatusCode::from_u16(status).ok());
    let (Some(status), Some(body)) = (status, body) else {
        return Ok(None);
    };
    let headers = headers
        .as_ref()
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| {
            let name = HeaderName::try_from(name).ok()?;
            Some((name, HeaderValue::from_str(value.as_str()?).ok()?))
        })
        .collect();
    Ok(Some(Answer {
        status,
        headers,
        body,
    }))
}
