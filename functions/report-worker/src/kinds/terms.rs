//! What a tenant's plan gives and costs, and what a month used of it: what statements and invoices
//! are made of. Priced as billing does: whole hundredths, every step checked.

use shared::db::Statement;
use time::OffsetDateTime;
use tokio_postgres::Row;

use crate::job::JobError;

shared::statements! {
    PLAN = "
SELECT p.name, p.price_cents, p.currency, p.requests_per_minute, p.requests_per_day,
       p.reports_per_month
FROM billing.entitlements() AS e
JOIN billing.published_plans AS p ON p.id = e.plan";

    METERS = "
SELECT m.meter, m.included, m.unit_price_cents, coalesce(u.quantity, 0) AS used
FROM billing.entitlements() AS e
JOIN billing.published_plan_meters AS m ON m.plan_id = e.plan
LEFT JOIN billing.published_usage_months AS u ON u.month = $1 AND u.meter = m.meter
ORDER BY m.meter";
}

/// The plan in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) price_cents: i64,
    /// ISO 4217.
    pub(super) currency: String,
    pub(super) requests_per_minute: i32,
    pub(super) requests_per_day: i32,
    pub(super) reports_per_month: i32,
}

/// One meter in one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meter {
    pub(super) name: String,
    pub(super) included: i64,
    pub(super) unit_price_cents: i64,
    pub(super) used: i64,
}

impl Meter {
    /// The units beyond those that the plan includes.
    pub(super) fn beyond(&self) -> i64 {
        self.used.saturating_sub(self.included).max(0)
    }

    /// What those cost.
    pub(super) fn cost_cents(&self) -> Result<i64, JobError> {
        let cost = self.beyond().checked_mul(self.unit_price_cents);
        cost.ok_or(JobError::Amount)
    }
}

/// The sum of amounts.
pub(super) fn total(amounts: impl IntoIterator<Item = i64>) -> Result<i64, JobError> {
    let add = |sum: i64, amount| sum.checked_add(amount);
    let sum = amounts.into_iter().try_fold(0, add);
    sum.ok_or(JobError::Amount)
}

/// The plan whose limits and prices hold for the tenant now.
pub(super) fn plan() -> Statement<Plan> {
    Statement::new(PLAN).one(|row| {
        Ok(Plan {
            name: row.try_get("name")?,
            price_cents: row.try_get("price_cents")?,
            currency: row.try_get("currency")?,
            requests_per_minute: row.try_get("requests_per_minute")?,
            requests_per_day: row.try_get("requests_per_day")?,
            reports_per_month: row.try_get("reports_per_month")?,
        })
    })
}

/// Its meters, and what was used of each in the month that begins at `month`.
pub(super) fn meters(month: OffsetDateTime) -> Statement<Vec<Meter>> {
    Statement::new(METERS).bind(month).many(meter)
}

fn meter(row: &Row) -> Result<Meter, tokio_postgres::Error> {
    Ok(Meter {
        name: row.try_get("meter")?,
        included: row.try_get("included")?,
        unit_price_cents: row.try_get("unit_price_cents")?,
        used: row.try_get("used")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_that_does_not_fit_is_an_error_and_not_a_smaller_one() {
        let meter = |used, unit_price_cents| Meter {
            name: String::new(),
            included: 10,
            unit_price_cents,
            used,
        };
        assert!(matches!(meter(9, 50).cost_cents(), Ok(0)));
        assert!(matches!(meter(12, 50).cost_cents(), Ok(100)));
        assert!(matches!(
            meter(i64::MAX, 2).cost_cents(),
            Err(JobError::Amount)
        ));
        assert!(matches!(total([1, 2]), Ok(3)));
        assert!(matches!(total([i64::MAX, 1]), Err(JobError::Amount)));
    }
}
