//! Who is a noisy neighbour, by the rules that AWS documents for fair queues
//! (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html>).
//!
//! AWS calls its thresholds approximate and names neither the span of "recent" nor the time until
//! a noisy tenant is found out; both are assumptions here.

use std::collections::{HashMap, VecDeque};

/// A tenant with more than this share of what is in flight is noisy, in percent.
const SHARE_PERCENT: u64 = 10;
/// The fewest messages in flight of its own that make a tenant noisy by that share.
const IN_FLIGHT_MIN: u64 = 30;
/// How far back the share of processing time looks, in milliseconds. An assumption.
const RECENT_MS: u64 = 60_000;

/// What the queue knows of its tenants.
#[derive(Debug, Default)]
pub(super) struct Fairness {
    in_flight: HashMap<usize, u64>,
    all_in_flight: u64,
    finished: VecDeque<(u64, usize, u64)>,
    spent_ms: HashMap<usize, u64>,
    all_spent_ms: u64,
    above_since_ms: HashMap<usize, u64>,
    lag_ms: u64,
}

impl Fairness {
    /// A queue that finds out who is noisy `lag_ms` after the thresholds are crossed.
    pub(super) fn new(lag_ms: u64) -> Self {
        Self {
            lag_ms,
            ..Self::default()
        }
    }

    pub(super) fn received(&mut self, tenant: usize) {
        *self.in_flight.entry(tenant).or_default() += 1;
        self.all_in_flight += 1;
    }

    /// A message is no longer in flight: deleted, or visible again.
    pub(super) fn landed(&mut self, tenant: usize) {
        let of = self.in_flight.entry(tenant).or_default();
        *of = of.saturating_sub(1);
        self.all_in_flight = self.all_in_flight.saturating_sub(1);
    }

    pub(super) fn processed(&mut self, tenant: usize, run_ms: u64, now_ms: u64) {
        self.finished.push_back((now_ms, tenant, run_ms));
        *self.spent_ms.entry(tenant).or_default() += run_ms;
        self.all_spent_ms += run_ms;
    }

    /// No message of a tenant can be received: it is quiet again if none is in flight either.
    pub(super) fn drained(&mut self, tenant: usize) {
        if self.in_flight(tenant) == 0 {
            self.above_since_ms.remove(&tenant);
        }
    }

    /// The tenant whose message is delivered next: the oldest of a quiet tenant's, else one of the
    /// noisy tenant with the fewest in flight.
    pub(super) fn choose(
        &mut self,
        waiting: impl Iterator<Item = usize>,
        now_ms: u64,
    ) -> Option<usize> {
        self.forget_before(now_ms.saturating_sub(RECENT_MS));
        let mut noisy = Vec::new();
        for tenant in waiting {
            if !self.is_noisy(tenant, now_ms) {
                return Some(tenant);
            }
            noisy.push(tenant);
        }
        noisy
            .into_iter()
            .min_by_key(|tenant| self.in_flight(*tenant))
    }

    /// Once found out, a tenant stays noisy until its backlog is [consumed](Self::drained).
    fn is_noisy(&mut self, tenant: usize, now_ms: u64) -> bool {
        if !self.above_since_ms.contains_key(&tenant) {
            if !self.is_above(tenant) {
                return false;
            }
            self.above_since_ms.insert(tenant, now_ms);
        }
        let since_ms = self.above_since_ms.get(&tenant).copied();
        since_ms.is_some_and(|since_ms| now_ms >= since_ms + self.lag_ms)
    }

    fn is_above(&self, tenant: usize) -> bool {
        let in_flight = self.in_flight(tenant);
        let spent_ms = self.spent_ms.get(&tenant).copied().unwrap_or(0);
        let many = in_flight >= IN_FLIGHT_MIN && above(in_flight, self.all_in_flight);
        many || above(spent_ms, self.all_spent_ms)
    }

    fn in_flight(&self, tenant: usize) -> u64 {
        self.in_flight.get(&tenant).copied().unwrap_or(0)
    }

    fn forget_before(&mut self, then_ms: u64) {
        while let Some((_, tenant, run_ms)) =
            self.finished.pop_front_if(|(at_ms, ..)| *at_ms < then_ms)
        {
            let of = self.spent_ms.entry(tenant).or_default();
            *of = of.saturating_sub(run_ms);
            self.all_spent_ms = self.all_spent_ms.saturating_sub(run_ms);
        }
    }
}

fn above(part: u64, whole: u64) -> bool {
    part * 100 > whole * SHARE_PERCENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noisy_tenant_yields_to_quiet_ones_once_it_is_found_out() {
        let mut fairness = Fairness::new(5_000);
        for _ in 0..IN_FLIGHT_MIN {
            fairness.received(0);
        }
        let next = |fairness: &mut Fairness, now_ms| fairness.choose([0, 1].into_iter(), now_ms);
        assert_eq!(next(&mut fairness, 1_000), Some(0));
        assert_eq!(next(&mut fairness, 5_999), Some(0));
        assert_eq!(next(&mut fairness, 6_000), Some(1));
        assert_eq!(fairness.choose([0].into_iter(), 6_000), Some(0));
    }

    #[test]
    fn few_in_flight_are_found_out_by_their_processing_time() {
        let mut fairness = Fairness::new(0);
        fairness.received(0);
        assert_eq!(fairness.choose([0, 1].into_iter(), 0), Some(0));
        fairness.processed(0, 900, 1_000);
        assert_eq!(fairness.choose([0, 1].into_iter(), 1_000), Some(1));
        fairness.landed(0);
        fairness.drained(0);
        let later_ms = 1_001 + RECENT_MS;
        assert_eq!(fairness.choose([0, 1].into_iter(), later_ms), Some(0));
    }

    #[test]
    fn of_several_noisy_tenants_the_one_with_the_fewest_in_flight_comes_first() {
        let mut fairness = Fairness::new(0);
        for (tenant, messages) in [(0, 50), (1, 40)] {
            for _ in 0..messages {
                fairness.received(tenant);
            }
        }
        assert_eq!(fairness.choose([0, 1].into_iter(), 0), Some(1));
    }
}
