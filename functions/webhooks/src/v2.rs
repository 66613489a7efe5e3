//! Version 2 on the wire; version 1 has no webhooks.

use serde::{Deserialize, Deserializer, Serialize};
use shared::clock::rfc3339;
use shared::error::FieldError;
use shared::ids::{DeliveryId, EndpointId, EventId};
use time::OffsetDateTime;

use crate::delivery;
use crate::domain;
use crate::secret::{Secret, message_id};

/// An endpoint.
#[derive(Debug, Serialize)]
pub struct Endpoint {
    id: EndpointId,
    url: String,
    description: String,
    event_types: Vec<String>,
    rate_per_minute: i32,
    status: &'static str,
    disabled_reason: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    failing_since: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    previous_secret_expires_at: Option<OffsetDateTime>,
    #[serde(serialize_with = "rfc3339")]
    created_at: OffsetDateTime,
    #[serde(serialize_with = "rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<domain::Endpoint> for Endpoint {
    fn from(endpoint: domain::Endpoint) -> Self {
        Self {
            id: endpoint.id,
            url: endpoint.url,
            description: endpoint.description,
            event_types: endpoint.event_types,
            rate_per_minute: endpoint.rate_per_minute,
            status: endpoint.status.as_str(),
            disabled_reason: endpoint.disabled_reason,
            failing_since: endpoint.failing_since,
            previous_secret_expires_at: endpoint.previous_secret_expires_at,
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
        }
    }
}

/// An endpoint with its new secret. The answer that is kept for a repetition has `null` in its place.
#[derive(Serialize)]
pub struct EndpointWithSecret {
    #[serde(flatten)]
    endpoint: Endpoint,
    secret: Option<String>,
}

impl EndpointWithSecret {
    /// The endpoint, with the secret that its owner is shown once.
    pub fn new(endpoint: domain::Endpoint, secret: Option<&Secret>) -> Self {
        Self {
            endpoint: endpoint.into(),
            secret: secret.map(Secret::text),
        }
    }
}

/// What an endpoint is to be: its `url` is required where one is made. In a change it is a merge patch
/// (RFC 7396) in which nothing can be removed, so that `null` is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointBody {
    #[serde(default, deserialize_with = "given")]
    url: Option<String>,
    #[serde(default, deserialize_with = "given")]
    description: Option<String>,
    #[serde(default, deserialize_with = "given")]
    event_types: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    rate_per_minute: Option<i32>,
    #[serde(default, deserialize_with = "given")]
    status: Option<String>,
}

/// A member that is there must have its type.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(member: D) -> Result<Option<T>, D::Error> {
    T::deserialize(member).map(Some)
}

impl TryFrom<EndpointBody> for domain::Change {
    type Error = FieldError;

    fn try_from(body: EndpointBody) -> Result<Self, FieldError> {
        let status = body.status.as_deref().map(domain::Status::wanted);
        Ok(Self {
            url: body.url,
            description: body.description,
            event_types: body.event_types,
            rate_per_minute: body.rate_per_minute,
            status: status.transpose()?,
        })
    }
}

/// Nothing: the body of what needs no more to be said.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// From when on an endpoint is to have what it missed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recover {
    /// RFC 3339.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
}

/// How much is on its way again.
#[derive(Debug, Serialize)]
pub struct Recovered {
    /// Deliveries that were begun anew or made.
    pub deliveries: i64,
    /// Whether there may be more: the same call again goes on.
    pub more: bool,
}

/// A delivery.
#[derive(Debug, Serialize)]
pub struct Delivery {
    id: DeliveryId,
    endpoint_id: EndpointId,
    event_id: EventId,
    webhook_id: String,
    event_type: String,
    status: &'static str,
    attempts: i64,
    #[serde(with = "time::serde::rfc3339::option")]
    next_attempt_at: Option<OffsetDateTime>,
    #[serde(serialize_with = "rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    finished_at: Option<OffsetDateTime>,
}

impl From<delivery::Delivery> for Delivery {
    fn from(delivery: delivery::Delivery) -> Self {
        Self {
            id: delivery.id,
            endpoint_id: delivery.endpoint,
            event_id: delivery.event,
            webhook_id: message_id(delivery.event),
            event_type: delivery.kind,
            status: delivery.status.as_str(),
            attempts: delivery.attempts,
            next_attempt_at: delivery.next_attempt_at,
            created_at: delivery.created_at,
            finished_at: delivery.finished_at,
        }
    }
}

/// An attempt.
#[derive(Debug, Serialize)]
pub struct Attempt {
    number: i32,
    #[serde(serialize_with = "rfc3339")]
    started_at: OffsetDateTime,
    duration_ms: i32,
    status_code: Option<i32>,
    error: Option<String>,
    response: String,
}

impl From<delivery::Attempt> for Attempt {
    fn from(attempt: delivery::Attempt) -> Self {
        Self {
            number: attempt.number,
            started_at: attempt.started_at,
            duration_ms: attempt.duration_ms,
            status_code: attempt.status_code,
            error: attempt.error,
            response: attempt.response,
        }
    }
}

/// A delivery with what its endpoint said, the last attempt first.
#[derive(Debug, Serialize)]
pub struct DeliveryInFull {
    #[serde(flatten)]
    delivery: Delivery,
    attempt_log: Vec<Attempt>,
}

impl DeliveryInFull {
    /// The delivery and its last attempts.
    pub fn new(delivery: delivery::Delivery, attempts: Vec<delivery::Attempt>) -> Self {
        Self {
            delivery: delivery.into(),
            attempt_log: attempts.into_iter().map(Attempt::from).collect(),
        }
    }
}

/// A page of deliveries. How many there are in all is not counted.
#[derive(Debug, Serialize)]
pub struct Deliveries {
    /// The rows.
    pub data: Vec<Delivery>,
    /// What belongs to the page.
    pub meta: PageOfDeliveries,
}

/// What belongs to a page of deliveries.
#[derive(Debug, Serialize)]
pub struct PageOfDeliveries {
    /// Rows at most.
    pub limit: u32,
    /// Where the next page starts.
    pub next_cursor: Option<String>,
}

/// The types of events there are.
#[derive(Debug, Serialize)]
pub struct EventTypes {
    /// Each with what it tells of.
    pub data: Vec<EventType>,
}

/// A type of events.
#[derive(Debug, Serialize)]
pub struct EventType {
    /// Its name.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What it tells of.
    pub description: &'static str,
}
