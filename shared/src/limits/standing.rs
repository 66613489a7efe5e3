//! Where a caller stands with its quotas after a decision.

use crate::quota::{Quota, Quotas};

/// Where a caller stands with one quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaStanding {
    /// The quota.
    pub quota: Quota,
    /// What is left of it now, in units of cost.
    pub remaining: u32,
    /// Whole seconds until more of it is left; 0 when all of it is.
    pub more_after_secs: u32,
}

/// Where a caller stands with all of its quotas, shortest window first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    quotas: Vec<QuotaStanding>,
    degraded: bool,
}

impl Standing {
    pub(super) fn new(quotas: impl Iterator<Item = QuotaStanding>) -> Self {
        Self {
            quotas: quotas.collect(),
            degraded: false,
        }
    }

    /// Each quota's standing.
    pub fn iter(&self) -> impl Iterator<Item = &QuotaStanding> {
        self.quotas.iter()
    }

    /// True when the shared store did not answer, and a local bucket decided.
    pub fn is_degraded(&self) -> bool {
        self.degraded
    }

    /// True when less than half of some quota is left.
    pub fn is_near_limit(&self) -> bool {
        let half_gone = |of: &QuotaStanding| of.remaining < of.quota.limit().div_ceil(2);
        self.quotas.iter().any(half_gone)
    }

    /// The same standing seen from the caller's own quotas, of which the bucket held only a part.
    ///
    /// What is left in the other `parts` is taken to be as much as in this one.
    pub(super) fn seen_as(mut self, quotas: &Quotas, parts: u32) -> Self {
        for (part, quota) in self.quotas.iter_mut().zip(quotas.iter()) {
            part.quota = quota;
            part.remaining = part.remaining.saturating_mul(parts).min(quota.limit());
        }
        self
    }

    pub(super) fn degraded(mut self) -> Self {
        self.degraded = true;
        self
    }
}

/// Whether one request still fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It fits, and has been counted.
    Allow(Standing),
    /// It does not fit with every quota, and has not been counted with any.
    Deny {
        /// Where the caller stands.
        standing: Standing,
        /// Whole seconds until it would fit if nobody asked in between; at least 1.
        retry_after_secs: u32,
    },
}

impl Decision {
    /// When it would fit, in whole seconds from now; 0 when it does.
    pub fn retry_after_secs(&self) -> u32 {
        match self {
            Self::Allow(_) => 0,
            Self::Deny {
                retry_after_secs, ..
            } => *retry_after_secs,
        }
    }

    pub(super) fn map_standing(self, change: impl FnOnce(Standing) -> Standing) -> Self {
        match self {
            Self::Allow(standing) => Self::Allow(change(standing)),
            Self::Deny {
                standing,
                retry_after_secs,
            } => Self::Deny {
                standing: change(standing),
                retry_after_secs,
            },
        }
    }
}
