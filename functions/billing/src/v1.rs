//! Version 1 on the wire: lists as bare arrays, amounts in cents. Frozen.

use serde::{Deserialize, Serialize};
use shared::error::FieldError;
use time::OffsetDateTime;

use crate::{domain, invoice};

/// The catalogue.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Plans(Vec<Plan>);

#[derive(Debug, Serialize)]
struct Plan {
    id: String,
    name: String,
    price_cents: i64,
    currency: String,
}

impl From<&[domain::Plan]> for Plans {
    fn from(plans: &[domain::Plan]) -> Self {
        let plans = plans.iter().map(|plan| Plan {
            id: plan.id.clone(),
            name: plan.name.clone(),
            price_cents: plan.price_cents,
            currency: plan.currency.clone(),
        });
        Self(plans.collect())
    }
}

/// A tenant's plan.
#[derive(Debug, Serialize)]
pub struct Subscription {
    plan: String,
    status: &'static str,
}

impl From<&domain::Subscription> for Subscription {
    fn from(subscription: &domain::Subscription) -> Self {
        Self {
            plan: subscription.plan.clone(),
            status: subscription.status.as_str(),
        }
    }
}

/// The plan to be. Members it does not know are passed over.
#[derive(Debug, Deserialize)]
pub struct SubscriptionBody {
    plan: String,
}

impl TryFrom<SubscriptionBody> for domain::PlanId {
    type Error = FieldError;

    fn try_from(body: SubscriptionBody) -> Result<Self, FieldError> {
        Self::parse(&body.plan)
    }
}

/// The current month, meter by meter.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Usage(Vec<MeterUsage>);

#[derive(Debug, Serialize)]
struct MeterUsage {
    meter: String,
    used: i64,
    included: i64,
    overage: i64,
    cost_cents: i64,
}

impl From<&invoice::Usage> for Usage {
    fn from(usage: &invoice::Usage) -> Self {
        let meters = usage.meters.iter().map(|used| MeterUsage {
            meter: used.meter.clone(),
            used: used.quantity,
            included: used.included,
            overage: used.overage,
            cost_cents: used.cost_cents,
        });
        Self(meters.collect())
    }
}

/// What the current month would cost if it ended now.
#[derive(Debug, Serialize)]
pub struct Invoice {
    #[serde(with = "time::serde::rfc3339")]
    period_start: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    period_end: OffsetDateTime,
    currency: String,
    lines: Vec<Line>,
    total_cents: i64,
}

#[derive(Debug, Serialize)]
struct Line {
    description: String,
    quantity: i64,
    amount_cents: i64,
}

impl From<&invoice::Invoice> for Invoice {
    fn from(invoice: &invoice::Invoice) -> Self {
        let lines = invoice.lines.iter().map(|line| Line {
            description: line.description.clone(),
            quantity: line.quantity,
            amount_cents: line.amount_cents,
        });
        Self {
            period_start: invoice.period.start,
            period_end: invoice.period.end,
            currency: invoice.currency.clone(),
            lines: lines.collect(),
            total_cents: invoice.total_cents,
        }
    }
}
