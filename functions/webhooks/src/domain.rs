//! What an endpoint is.

use shared::db::DbError;
use shared::egress::Targets;
use shared::error::{ApiError, FieldError};
use shared::http::IfMatch;
use shared::ids::EndpointId;
use shared::jobs::PUBLISHED;
use shared::page::Keyset;
use shared::text;
use time::OffsetDateTime;

/// Endpoints of a tenant. The table's CHECK says the same.
pub const ENDPOINTS_MAX: i32 = 10;
/// The longest description, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 500;
/// Event types that one endpoint may name.
pub const EVENT_TYPES_MAX: usize = 50;
/// Deliveries a minute to one endpoint when its owner does not say.
pub const RATE_PER_MINUTE_DEFAULT: i32 = 300;
/// Deliveries a minute to one endpoint at most.
pub const RATE_PER_MINUTE_MAX: i32 = 6_000;
/// Secrets that one endpoint may have in force at a time.
pub const SECRETS_MAX: i64 = 5;
/// How long a secret signs beside the one that has replaced it, in hours.
pub const ROTATION_HOURS: i64 = 24;

/// Whether an endpoint is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is.
    Active,
    /// Its owner has stopped it for a while.
    Paused,
    /// We have stopped it.
    Disabled,
}

impl Status {
    /// The word used in tables and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
        }
    }

    /// Reads the word from a row.
    pub fn stored(word: &str) -> Self {
        match word {
            "active" => Self::Active,
            "paused" => Self::Paused,
            _ => Self::Disabled,
        }
    }

    /// Reads what an owner wants it to be.
    pub fn wanted(word: &str) -> Result<Self, FieldError> {
        match word {
            "active" => Ok(Self::Active),
            "paused" => Ok(Self::Paused),
            _ => Err(FieldError::new(
                "status",
                "unknown_value",
                "must be active or paused",
            )),
        }
    }
}

/// Where a tenant hears of its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Identity.
    pub id: EndpointId,
    /// What is called.
    pub url: String,
    /// What it is for, up to [`DESCRIPTION_CHARS_MAX`] characters.
    pub description: String,
    /// The types of events that it hears of; none stands for all.
    pub event_types: Vec<String>,
    /// Deliveries a minute.
    pub rate_per_minute: i32,
    /// Whether it is sent to.
    pub status: Status,
    /// Why we have stopped it.
    pub disabled_reason: Option<String>,
    /// Since when no delivery has succeeded, if the last one failed.
    pub failing_since: Option<OffsetDateTime>,
    /// Until when the secret before the present one signs as well.
    pub previous_secret_expires_at: Option<OffsetDateTime>,
    /// Secrets in force.
    pub secrets: i64,
    /// Counts the changes, from 1.
    pub version: i32,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it was last changed.
    pub updated_at: OffsetDateTime,
}

impl Endpoint {
    /// A new endpoint, made at `now`.
    pub fn create(new: NewEndpoint, now: OffsetDateTime) -> Self {
        Self {
            id: EndpointId::new(),
            url: new.url,
            description: new.description,
            event_types: new.event_types,
            rate_per_minute: new.rate_per_minute,
            status: Status::Active,
            disabled_reason: None,
            failing_since: None,
            previous_secret_expires_at: None,
            secrets: 1,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// Its place in the list of all endpoints, newest first.
    pub fn key(&self) -> Keyset {
        Keyset {
            created_at: self.created_at,
            id: *self.id.as_uuid(),
        }
    }
}

/// An endpoint to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEndpoint {
    url: String,
    description: String,
    event_types: Vec<String>,
    rate_per_minute: i32,
}

/// What is to change in an endpoint, or what it is to be; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// What is called.
    pub url: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What it hears of.
    pub event_types: Option<Vec<String>>,
    /// Deliveries a minute.
    pub rate_per_minute: Option<i32>,
    /// Whether it is sent to.
    pub status: Option<Status>,
}

impl Change {
    /// Checks the values; all faults are told at once.
    pub fn check(self, targets: Targets) -> Result<Self, Vec<FieldError>> {
        let url = self.url.as_deref().map(|url| check_url(url, targets));
        let description = self.description.as_deref();
        let description =
            description.map(|text| text::block("description", text, DESCRIPTION_CHARS_MAX));
        let event_types = self.event_types.map(check_event_types);
        let rate_per_minute = self.rate_per_minute.map(check_rate);
        match (
            url.transpose(),
            description.transpose(),
            event_types.transpose(),
            rate_per_minute.transpose(),
        ) {
            (Ok(url), Ok(description), Ok(event_types), Ok(rate_per_minute)) => Ok(Self {
                url,
                description,
                event_types,
                rate_per_minute,
                status: self.status,
            }),
            (url, description, event_types, rate) => {
                let faults = [url.err(), description.err(), event_types.err(), rate.err()];
                Err(faults.into_iter().flatten().collect())
            }
        }
    }

    /// A new endpoint of these values, the usual ones in place of those that are missing.
    pub fn into_new(self, targets: Targets) -> Result<NewEndpoint, Vec<FieldError>> {
        if self.status.is_some() {
            return Err(vec![FieldError::new(
                "status",
                "unknown",
                "is not known here",
            )]);
        }
        let checked = self.check(targets)?;
        let missing = || vec![FieldError::new("url", "required", "is missing")];
        Ok(NewEndpoint {
            url: checked.url.ok_or_else(missing)?,
            description: checked.description.unwrap_or_default(),
            event_types: checked.event_types.unwrap_or_default(),
            rate_per_minute: checked.rate_per_minute.unwrap_or(RATE_PER_MINUTE_DEFAULT),
        })
    }
}

fn check_url(text: &str, targets: Targets) -> Result<String, FieldError> {
    let checked = targets.check(text);
    // Kept as it is understood, so that what is called is what was checked.
    checked
        .map(String::from)
        .map_err(|error| FieldError::new("url", "url_not_allowed", error.to_string()))
}

fn check_event_types(mut kinds: Vec<String>) -> Result<Vec<String>, FieldError> {
    if kinds.len() > EVENT_TYPES_MAX {
        let detail = format!("must have at most {EVENT_TYPES_MAX} items");
        return Err(FieldError::new("event_types", "too_long", detail));
    }
    let known = |kind: &String| PUBLISHED.iter().any(|(known, _)| known == kind);
    if !kinds.iter().all(known) {
        let detail = "must be types that GET /v2/webhooks/event-types lists";
        return Err(FieldError::new("event_types", "unknown_value", detail));
    }
    kinds.sort();
    kinds.dedup();
    Ok(kinds)
}

fn check_rate(rate: i32) -> Result<i32, FieldError> {
    if (1..=RATE_PER_MINUTE_MAX).contains(&rate) {
        return Ok(rate);
    }
    let detail = format!("must be a whole number from 1 to {RATE_PER_MINUTE_MAX}");
    Err(FieldError::new("rate_per_minute", "out_of_range", detail))
}

/// Why something cannot be done with webhooks.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// There is no such thing in this tenant.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// Somebody changed it since the caller looked.
    #[error("the endpoint has changed since")]
    Stale,
    /// The tenant has as many endpoints as it may have.
    #[error("too many endpoints")]
    Full,
    /// The endpoint has as many secrets as it may have.
    #[error("too many secrets")]
    TooManySecrets,
    /// The endpoint is paused or disabled.
    #[error("the endpoint is not active")]
    NotActive,
    /// Not about webhooks.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl WebhookError {
    /// What the database's no means when an endpoint is made.
    pub fn on_create(error: DbError) -> Self {
        match error.violates("endpoints_limit") {
            true => Self::Full,
            false => Self::Database(error),
        }
    }
}

impl From<WebhookError> for ApiError {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::NotFound(what) => Self::not_found(what),
            WebhookError::Stale => IfMatch::failed(),
            WebhookError::Full => {
                let detail = format!("a tenant may have {ENDPOINTS_MAX} endpoints");
                Self::conflict("endpoint_limit_reached", detail)
            }
            WebhookError::TooManySecrets => {
                let detail = format!("an endpoint may have {SECRETS_MAX} secrets in force");
                Self::conflict("secret_limit_reached", detail)
            }
            WebhookError::NotActive => {
                Self::conflict("endpoint_not_active", "the endpoint is paused or disabled")
            }
            WebhookError::Database(error) => error.into(),
        }
    }
}
