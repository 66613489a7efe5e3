//! What a month has cost so far: whole units and hundredths of a currency, no fractions.
//!
//! Every step is checked. An amount that does not fit is an error and never a smaller amount.

use crate::domain::Plan;
use crate::period::Period;

/// An amount that does not fit into 64 bits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the amount for {0} is out of range")]
pub struct AmountError(pub String);

/// What was counted by one meter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// What was counted.
    pub meter: String,
    /// How many units.
    pub quantity: i64,
}

/// What was used of one meter, and what that costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterUsage {
    /// What was counted.
    pub meter: String,
    /// How many units.
    pub quantity: i64,
    /// How many of them the plan includes in a month.
    pub included: i64,
    /// How many lie beyond that.
    pub overage: i64,
    /// The price of each of those, in hundredths of the currency's unit.
    pub unit_price_cents: i64,
    /// The price of all of those.
    pub cost_cents: i64,
}

/// A tenant's usage in one period, at the prices of the plan it has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The period.
    pub period: Period,
    /// The plan.
    pub plan: Plan,
    /// One entry for each meter of the plan, whether or not anything was counted.
    pub meters: Vec<MeterUsage>,
}

impl Usage {
    /// Prices what was counted. Meters that the plan does not know cost nothing and are left out.
    pub fn price(plan: Plan, period: Period, counted: &[Counted]) -> Result<Self, AmountError> {
        let meters = plan.meters.iter().map(|terms| {
            let found = counted.iter().find(|counted| counted.meter == terms.meter);
            let quantity = found.map_or(0, |counted| counted.quantity);
            let overage = quantity.saturating_sub(terms.included).max(0);
            let cost_cents = overage
                .checked_mul(terms.unit_price_cents)
                .ok_or_else(|| AmountError(terms.meter.clone()))?;
            Ok(MeterUsage {
                meter: terms.meter.clone(),
                quantity,
                included: terms.included,
                overage,
                unit_price_cents: terms.unit_price_cents,
                cost_cents,
            })
        });
        let meters = meters.collect::<Result<_, _>>()?;
        Ok(Self {
            period,
            plan,
            meters,
        })
    }
}

/// One position of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The meter whose overage it is; `None` for the plan itself.
    pub meter: Option<String>,
    /// What a person reads.
    pub description: String,
    /// How many.
    pub quantity: i64,
    /// The price of each, in hundredths of the currency's unit.
    pub unit_price_cents: i64,
    /// The price of all.
    pub amount_cents: i64,
}

/// What the period would cost if it ended now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// The period.
    pub period: Period,
    /// The plan's identity.
    pub plan: String,
    /// ISO 4217.
    pub currency: String,
    /// The plan first, then what goes beyond it.
    pub lines: Vec<Line>,
    /// The sum of the lines.
    pub total_cents: i64,
}

impl Invoice {
    /// Adds up a month: the plan's price, whole and at its present plan, and what goes beyond it.
    pub fn preview(usage: &Usage) -> Result<Self, AmountError> {
        let base = Line {
            meter: None,
            description: format!("{} plan", usage.plan.name),
            quantity: 1,
            unit_price_cents: usage.plan.price_cents,
            amount_cents: usage.plan.price_cents,
        };
        let beyond = usage.meters.iter().filter(|meter| meter.overage > 0);
        let lines: Vec<_> = std::iter::once(base).chain(beyond.map(overage)).collect();
        let total_cents = lines
            .iter()
            .try_fold(0_i64, |total, line| total.checked_add(line.amount_cents))
            .ok_or_else(|| AmountError("the whole invoice".to_owned()))?;
        Ok(Self {
            period: usage.period,
            plan: usage.plan.id.clone(),
            currency: usage.plan.currency.clone(),
            lines,
            total_cents,
        })
    }
}

fn overage(used: &MeterUsage) -> Line {
    Line {
        meter: Some(used.meter.clone()),
        description: format!("{} beyond the {} included", used.meter, used.included),
        quantity: used.overage,
        unit_price_cents: used.unit_price_cents,
        amount_cents: used.cost_cents,
    }
}
