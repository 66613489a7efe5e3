//! Every statement of this domain, next to the row it yields.

use shared::db::Statement;
use shared::ids::EventId;
use time::OffsetDateTime;
use tokio_postgres::Row;

use crate::domain::{Plan, PlanMeter, Subscription, SubscriptionStatus};
use crate::invoice::Counted;
use crate::period::Period;

/// The most plans that are listed: a catalogue, not a collection.
const PLANS_MAX: i64 = 100;

shared::statements! {
    PLANS = "
SELECT p.id, p.name, p.price_cents, p.currency,
       p.requests_per_minute, p.requests_per_day, p.reports_per_month, p.reports_at_once,
       ARRAY(SELECT m.meter FROM plan_meters AS m
              WHERE m.plan_id = p.id ORDER BY m.meter) AS meters,
       ARRAY(SELECT m.included FROM plan_meters AS m
              WHERE m.plan_id = p.id ORDER BY m.meter) AS included,
       ARRAY(SELECT m.unit_price_cents FROM plan_meters AS m
              WHERE m.plan_id = p.id ORDER BY m.meter) AS unit_prices
FROM plans AS p
ORDER BY p.price_cents, p.id
LIMIT $1";

    /// The plan in force is asked of the same function that the limits come from.
    PLAN_IN_FORCE = "
SELECT p.id, p.name, p.price_cents, p.currency,
       p.requests_per_minute, p.requests_per_day, p.reports_per_month, p.reports_at_once,
       ARRAY(SELECT m.meter FROM plan_meters AS m
              WHERE m.plan_id = p.id ORDER BY m.meter) AS meters,
       ARRAY(SELECT m.included FROM plan_meters AS m
              WHERE m.plan_id = p.id ORDER BY m.meter) AS included,
       ARRAY(SELECT m.unit_price_cents FROM plan_meters AS m
              WHERE m.plan_id = p.id ORDER BY m.meter) AS unit_prices
FROM plans AS p
WHERE p.id = (SELECT e.plan FROM entitlements() AS e)";

    FIND = "
SELECT plan_id, status, started_at, updated_at, version
FROM subscriptions";

    FOUND = "
INSERT INTO subscriptions (plan_id, status, started_at, updated_at, version)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING";

    LOCK = "
SELECT plan_id, status, started_at, updated_at, version
FROM subscriptions
FOR UPDATE";

    UPDATE = "
UPDATE subscriptions
SET plan_id = $1, status = $2, started_at = $3, updated_at = $4, version = $5";

    /// Kept by a trigger: to add up the events would cost the more, the more there are.
    COUNTED = "
SELECT meter, quantity
FROM usage_months
WHERE month = $1";

    RECORD = "
INSERT INTO usage_events (event_id, meter, quantity, occurred_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING";
}

/// The catalogue, cheapest first.
pub fn plans() -> Statement<Vec<Plan>> {
    Statement::new(PLANS).bind(PLANS_MAX).many(plan)
}

/// The plan whose limits and prices hold for the tenant now.
pub fn plan_in_force() -> Statement<Plan> {
    Statement::new(PLAN_IN_FORCE).one(plan)
}

/// The tenant's subscription, if it has a row.
pub fn find() -> Statement<Option<Subscription>> {
    Statement::new(FIND).optional(subscription)
}

/// Adds the tenant's first subscription, unless it has one.
pub fn found(first: &Subscription) -> Statement<u64> {
    values(Statement::new(FOUND), first)
}

/// The tenant's subscription, which nobody else changes until the transaction ends.
pub fn lock() -> Statement<Subscription> {
    Statement::new(LOCK).one(subscription)
}

/// Writes what the locked subscription has become.
pub fn update(changed: &Subscription) -> Statement<u64> {
    values(Statement::new(UPDATE), changed)
}

/// What was counted in a period, by meter.
pub fn counted(period: Period) -> Statement<Vec<Counted>> {
    Statement::new(COUNTED).bind(period.start).many(|row| {
        Ok(Counted {
            meter: row.try_get("meter")?,
            quantity: row.try_get("quantity")?,
        })
    })
}

/// Counts an event, unless it was counted before.
pub fn record(
    event: EventId,
    meter: &'static str,
    quantity: i64,
    occurred_at: OffsetDateTime,
) -> Statement<u64> {
    Statement::new(RECORD)
        .bind(event)
        .bind(meter)
        .bind(quantity)
        .bind(occurred_at)
}

fn values(statement: Statement<u64>, subscription: &Subscription) -> Statement<u64> {
    statement
        .bind(subscription.plan.clone())
        .bind(subscription.status.as_str())
        .bind(subscription.started_at)
        .bind(subscription.updated_at)
        .bind(subscription.version)
}

fn plan(row: &Row) -> Result<Plan, tokio_postgres::Error> {
    let meters: Vec<String> = row.try_get("meters")?;
    let included: Vec<i64> = row.try_get("included")?;
    let unit_prices: Vec<i64> = row.try_get("unit_prices")?;
    let terms = meters.into_iter().zip(included).zip(unit_prices);
    Ok(Plan {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        price_cents: row.try_get("price_cents")?,
        currency: row.try_get("currency")?,
        requests_per_minute: row.try_get("requests_per_minute")?,
        requests_per_day: row.try_get("requests_per_day")?,
        reports_per_month: row.try_get("reports_per_month")?,
        reports_at_once: row.try_get("reports_at_once")?,
        meters: terms
            .map(|((meter, included), unit_price_cents)| PlanMeter {
                meter,
                included,
                unit_price_cents,
            })
            .collect(),
    })
}

fn subscription(row: &Row) -> Result<Subscription, tokio_postgres::Error> {
    let status: &str = row.try_get("status")?;
    Ok(Subscription {
        plan: row.try_get("plan_id")?,
        // The table's CHECK admits nothing else.
        status: SubscriptionStatus::parse(status).unwrap_or(SubscriptionStatus::Active),
        started_at: row.try_get("started_at")?,
        updated_at: row.try_get("updated_at")?,
        version: row.try_get("version")?,
    })
}
