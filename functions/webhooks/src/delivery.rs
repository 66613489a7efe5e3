//! What a delivery is, and what one can ask of the list of them.

use shared::error::FieldError;
use shared::ids::{DeliveryId, EndpointId, EventId};
use shared::page::Keyset;
use time::OffsetDateTime;

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is on its way, or waits to be tried again.
    Pending,
    /// The endpoint has taken it.
    Succeeded,
    /// It was given up.
    Failed,
}

impl Status {
    /// The word used in tables and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Result<Self, FieldError> {
        match word {
            "pending" => Ok(Self::Pending),
            "succeeded" => Ok(Self::Succeeded),
            "failed" => Ok(Self::Failed),
            _ => Err(FieldError::new(
                "status",
                "unknown_value",
                "must be pending, succeeded or failed",
            )),
        }
    }
}

/// A message on its way to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Identity.
    pub id: DeliveryId,
    /// Where to.
    pub endpoint: EndpointId,
    /// The event that it tells of.
    pub event: EventId,
    /// The event's type.
    pub kind: String,
    /// How it stands.
    pub status: Status,
    /// Attempts so far.
    pub attempts: i64,
    /// When it is tried next, if it waits for that.
    pub next_attempt_at: Option<OffsetDateTime>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it arrived or was given up.
    pub finished_at: Option<OffsetDateTime>,
}

impl Delivery {
    /// Its place in the list of all deliveries, newest first.
    pub fn key(&self) -> Keyset {
        Keyset {
            created_at: self.created_at,
            id: *self.id.as_uuid(),
        }
    }
}

/// One attempt, and what the endpoint said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Which it was; numbers of attempts that came to nothing are left out.
    pub number: i32,
    /// When it began.
    pub started_at: OffsetDateTime,
    /// How long it took, in milliseconds.
    pub duration_ms: i32,
    /// The status of the answer, if there was one.
    pub status_code: Option<i32>,
    /// Why there was none, in one word.
    pub error: Option<String>,
    /// The beginning of the answer's body.
    pub response: String,
}

/// Which deliveries a list is to show; `None` shows all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those of one endpoint.
    pub endpoint: Option<EndpointId>,
    /// Those that stand like this.
    pub status: Option<Status>,
    /// Those about events of one type.
    pub kind: Option<String>,
}
