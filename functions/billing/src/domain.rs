//! What is sold, and what a tenant has bought.

use shared::db::DbError;
use shared::error::{ApiError, FieldError};
use shared::http::IfMatch;
use shared::tenant::Tenant;
use time::OffsetDateTime;

use crate::invoice::AmountError;

/// The plan of a tenant that has bought nothing.
const FREE: &str = "free";
/// The longest name of a plan, in bytes.
const PLAN_ID_BYTES_MAX: usize = 32;

/// The name of a plan, as far as its form goes: whether it is on sale, the catalogue knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanId(String);

impl PlanId {
    /// Reads what a caller sent as `plan`.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let legible = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let fits = (1..=PLAN_ID_BYTES_MAX).contains(&text.len());
        match fits && text.bytes().all(legible) {
            true => Ok(Self(text.to_owned())),
            false => Err(unknown_plan()),
        }
    }

    /// The bare name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn unknown_plan() -> FieldError {
    FieldError::new("plan", "unknown_value", "is not a plan on sale")
}

/// Something on sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Identity, such as `pro`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its price per month, in hundredths of the currency's unit.
    pub price_cents: i64,
    /// ISO 4217.
    pub currency: String,
    /// Requests a tenant may send in a minute.
    pub requests_per_minute: i32,
    /// Requests a tenant may send in a day.
    pub requests_per_day: i32,
    /// Reports a tenant may ask for in 30 days.
    pub reports_per_month: i32,
    /// Reports of a tenant that run at the same time.
    pub reports_at_once: i32,
    /// What is counted, by name.
    pub meters: Vec<PlanMeter>,
}

/// What a plan includes of one meter, and what more costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanMeter {
    /// What is counted, such as `reports`.
    pub meter: String,
    /// Units included in a month's price.
    pub included: i64,
    /// The price of each unit beyond them, in hundredths of the currency's unit.
    pub unit_price_cents: i64,
}

/// How a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// In order.
    Active,
    /// An invoice is overdue.
    PastDue,
    /// Ended: the tenant has what the plan `free` gives.
    Cancelled,
}

impl SubscriptionStatus {
    const ALL: [Self; 3] = [Self::Active, Self::PastDue, Self::Cancelled];

    /// The word used in tables and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the word from a row.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// Which plan a tenant has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The plan's identity.
    pub plan: String,
    /// How it stands.
    pub status: SubscriptionStatus,
    /// Since when the tenant has this plan.
    pub started_at: OffsetDateTime,
    /// When anything about it last changed.
    pub updated_at: OffsetDateTime,
    /// Counts the changes, from 1.
    pub version: i32,
}

impl Subscription {
    /// What a tenant has from its first moment, whether or not a row says so yet.
    pub fn free(tenant: Tenant) -> Self {
        let founded_at = founded_at(tenant);
        Self {
            plan: FREE.to_owned(),
            status: SubscriptionStatus::Active,
            started_at: founded_at,
            updated_at: founded_at,
            version: 1,
        }
    }

    /// The same subscription with another plan; `None` when that changes nothing.
    ///
    /// A new plan revives what was cancelled, and settles no debt.
    pub fn changed_to(&self, plan: &PlanId, now: OffsetDateTime) -> Option<Self> {
        let cancelled = self.status == SubscriptionStatus::Cancelled;
        if self.plan == plan.as_str() && !cancelled {
            return None;
        }
        Some(Self {
            plan: plan.as_str().to_owned(),
            status: match cancelled {
                true => SubscriptionStatus::Active,
                false => self.status,
            },
            started_at: now,
            updated_at: now,
            version: self.version.saturating_add(1),
        })
    }
}

/// A tenant's identity is a UUIDv7 (RFC 9562, section 5.7) and holds the time of its founding.
fn founded_at(tenant: Tenant) -> OffsetDateTime {
    let founded_at = tenant.id().as_uuid().get_timestamp().and_then(|at| {
        let (secs, nanos) = at.to_unix();
        let at = OffsetDateTime::from_unix_timestamp(i64::try_from(secs).ok()?).ok()?;
        at.replace_nanosecond(nanos).ok()
    });
    founded_at.unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Why something cannot be done with a subscription.
#[derive(Debug, thiserror::Error)]
pub enum BillingError {
    /// Somebody changed it since the caller looked.
    #[error("the subscription has changed since")]
    Stale,
    /// There is no such plan.
    #[error("unknown plan")]
    UnknownPlan,
    /// An amount is out of range.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// Not about billing.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<BillingError> for ApiError {
    fn from(error: BillingError) -> Self {
        match error {
            BillingError::Stale => IfMatch::failed(),
            BillingError::UnknownPlan => unknown_plan().into(),
            BillingError::Amount(error) => Self::internal(error),
            BillingError::Database(error) => error.into(),
        }
    }
}
