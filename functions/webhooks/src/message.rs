//! What a receiver is sent, byte for byte.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use shared::clock::rfc3339;
use shared::ids::EventId;
use shared::jobs::Envelope;
use time::OffsetDateTime;

/// The type of the message that an owner sends to see whether an endpoint works.
pub const TEST: &str = "webhook.test";
/// The largest body, in bytes. The table's CHECK says the same.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The event that it tells of.
    pub id: EventId,
    /// The event's type.
    pub kind: String,
    /// The body.
    pub body: String,
}

/// An event that no receiver would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body of a webhook may have {BODY_BYTES_MAX} bytes")]
pub struct TooLarge;

#[derive(Serialize)]
struct Body<'a, D> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(serialize_with = "rfc3339")]
    timestamp: OffsetDateTime,
    data: D,
}

impl Message {
    /// Tells of an event.
    pub fn of(event: &Envelope<Box<RawValue>>) -> Result<Self, TooLarge> {
        let body = Body {
            kind: &event.kind,
            timestamp: event.occurred_at,
            data: &*event.data,
        };
        Self::new(event.id, &body)
    }

    /// Tells of nothing, to see whether it arrives.
    pub fn test(now: OffsetDateTime) -> Result<Self, TooLarge> {
        let body = Body {
            kind: TEST,
            timestamp: now,
            data: Map::<String, Value>::new(),
        };
        Self::new(EventId::new(), &body)
    }

    fn new<D: Serialize>(id: EventId, body: &Body<'_, D>) -> Result<Self, TooLarge> {
        // Texts and numbers always are JSON; if they were not, no receiver could read them.
        let text = serde_json::to_string(body).or(Err(TooLarge))?;
        match text.len() <= BODY_BYTES_MAX {
            true => Ok(Self {
                id,
                kind: body.kind.to_owned(),
                body: text,
            }),
            false => Err(TooLarge),
        }
    }
}
