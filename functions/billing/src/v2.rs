//! Version 2 on the wire: all there is to know, and lists with what belongs to them.

use serde::{Deserialize, Serialize};
use shared::error::FieldError;
use time::OffsetDateTime;

use crate::{domain, invoice, period};

/// A list that always fits into one answer.
#[derive(Debug, Serialize)]
struct List<T, M> {
    data: Vec<T>,
    meta: M,
}

/// The catalogue.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Plans(List<Plan, PlansMeta>);

#[derive(Debug, Serialize)]
struct PlansMeta {
    total: usize,
}

#[derive(Debug, Serialize)]
struct Plan {
    id: String,
    name: String,
    price_cents: i64,
    currency: String,
    limits: Limits,
    meters: Vec<PlanMeter>,
}

#[derive(Debug, Serialize)]
struct Limits {
    requests_per_minute: i32,
    requests_per_day: i32,
    reports_per_month: i32,
    reports_at_once: i32,
}

#[derive(Debug, Serialize)]
struct PlanMeter {
    meter: String,
    included: i64,
    unit_price_cents: i64,
}

impl From<&[domain::Plan]> for Plans {
    fn from(plans: &[domain::Plan]) -> Self {
        Self(List {
            data: plans.iter().map(Plan::from).collect(),
            meta: PlansMeta { total: plans.len() },
        })
    }
}

impl From<&domain::Plan> for Plan {
    fn from(plan: &domain::Plan) -> Self {
        let meters = plan.meters.iter().map(|terms| PlanMeter {
            meter: terms.meter.clone(),
            included: terms.included,
            unit_price_cents: terms.unit_price_cents,
        });
        Self {
            id: plan.id.clone(),
            name: plan.name.clone(),
            price_cents: plan.price_cents,
            currency: plan.currency.clone(),
            limits: Limits {
                requests_per_minute: plan.requests_per_minute,
                requests_per_day: plan.requests_per_day,
                reports_per_month: plan.reports_per_month,
                reports_at_once: plan.reports_at_once,
            },
            meters: meters.collect(),
        }
    }
}

/// A tenant's plan.
#[derive(Debug, Serialize)]
pub struct Subscription {
    plan: String,
    status: &'static str,
    #[serde(with = "time::serde::rfc3339")]
    started_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<&domain::Subscription> for Subscription {
    fn from(subscription: &domain::Subscription) -> Self {
        Self {
            plan: subscription.plan.clone(),
            status: subscription.status.as_str(),
            started_at: subscription.started_at,
            updated_at: subscription.updated_at,
        }
    }
}

/// What is to change. The plan is all that can, so it must be there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateSubscription {
    plan: String,
}

impl TryFrom<UpdateSubscription> for domain::PlanId {
    type Error = FieldError;

    fn try_from(body: UpdateSubscription) -> Result<Self, FieldError> {
        Self::parse(&body.plan)
    }
}

#[derive(Debug, Serialize)]
struct Period {
    #[serde(with = "time::serde::rfc3339")]
    start: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    end: OffsetDateTime,
}

impl From<period::Period> for Period {
    fn from(period: period::Period) -> Self {
        Self {
            start: period.start,
            end: period.end,
        }
    }
}

/// The current month, meter by meter.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Usage(List<MeterUsage, UsageMeta>);

#[derive(Debug, Serialize)]
struct UsageMeta {
    total: usize,
    plan: String,
    currency: String,
    period: Period,
}

#[derive(Debug, Serialize)]
struct MeterUsage {
    meter: String,
    used: i64,
    included: i64,
    overage: i64,
    unit_price_cents: i64,
    cost_cents: i64,
}

impl From<&invoice::Usage> for Usage {
    fn from(usage: &invoice::Usage) -> Self {
        let meters = usage.meters.iter().map(|used| MeterUsage {
            meter: used.meter.clone(),
            used: used.quantity,
            included: used.included,
            overage: used.overage,
            unit_price_cents: used.unit_price_cents,
            cost_cents: used.cost_cents,
        });
        Self(List {
            data: meters.collect(),
            meta: UsageMeta {
                total: usage.meters.len(),
                plan: usage.plan.id.clone(),
                currency: usage.plan.currency.clone(),
                period: usage.period.into(),
            },
        })
    }
}

/// What the current month would cost if it ended now.
#[derive(Debug, Serialize)]
pub struct Invoice {
    plan: String,
    currency: String,
    period: Period,
    lines: Vec<Line>,
    total_cents: i64,
}

#[derive(Debug, Serialize)]
struct Line {
    meter: Option<String>,
    description: String,
    quantity: i64,
    unit_price_cents: i64,
    amount_cents: i64,
}

impl From<&invoice::Invoice> for Invoice {
    fn from(invoice: &invoice::Invoice) -> Self {
        let lines = invoice.lines.iter().map(|line| Line {
            meter: line.meter.clone(),
            description: line.description.clone(),
            quantity: line.quantity,
            unit_price_cents: line.unit_price_cents,
            amount_cents: line.amount_cents,
        });
        Self {
            plan: invoice.plan.clone(),
            currency: invoice.currency.clone(),
            period: invoice.period.into(),
            lines: lines.collect(),
            total_cents: invoice.total_cents,
        }
    }
}
