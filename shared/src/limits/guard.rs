//! The limits as the pipeline holds them: a store of buckets, its time budget, and what happens
//! when it does not answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::timeout;

use super::standing::{Decision, Standing};
use super::{DynamoDbLimiter, LimiterError, MemoryLimiter, Scope};
use crate::clock::{Clock, micros};
use crate::config::{self, ConfigError};
use crate::quota::Quotas;
use crate::telemetry::{Counter, count};

/// The usual time budget of a call, in milliseconds.
const BUDGET_MS: u64 = 50;

/// The time budget of an instance's first call, in milliseconds: it also finds credentials,
/// resolves the name and shakes hands.
pub const FIRST_CALL_BUDGET_MS: u64 = 1_000;

/// While the store does not answer, one instance admits this part of each limit by itself.
pub const LOCAL_PART: u32 = 4;

/// Where buckets are kept.
#[derive(Debug)]
pub enum Backend {
    /// In a table that all instances share.
    DynamoDb(DynamoDbLimiter),
    /// In this process.
    Memory(MemoryLimiter),
}

/// What happens to a request when the store does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// It is held to a local bucket with a [part](LOCAL_PART) of the limits. For a tenant's own
    /// requests: an outage of the limiter must not be an outage of the product.
    Open,
    /// It is refused. For log-in, sign-up and refresh, where the limit is what stops guessing.
    Closed,
}

/// What is to become of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    Allow {
        /// Where the caller stands.
        standing: Standing,
    },
    /// It is refused: 429.
    Deny {
        /// Where the caller stands.
        standing: Standing,
        /// Whole seconds until it would fit, at least 1.
        retry_after_secs: u32,
    },
    /// Nobody can tell, and the route [refuses](OnFailure::Closed) then: 503.
    Unavailable,
}

impl Verdict {
    /// One word for logs: `allowed`, `degraded`, `denied` or `unavailable`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Allow { standing } if standing.is_degraded() => "degraded",
            Self::Allow { .. } => "allowed",
            Self::Deny { .. } => "denied",
            Self::Unavailable => "unavailable",
        }
    }
}

impl From<Decision> for Verdict {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Allow(standing) => Self::Allow { standing },
            Decision::Deny {
                standing,
                retry_after_secs,
            } => Self::Deny {
                standing,
                retry_after_secs,
            },
        }
    }
}

/// Holds callers to their quotas. Cheap to clone; clones share everything.
#[derive(Debug, Clone)]
pub struct Limits(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    backend: Backend,
    local: MemoryLimiter,
    clock: Clock,
    budget: Duration,
    called: AtomicBool,
}

impl Limits {
    /// Limits kept in the DynamoDB table `table`, which is looked for at the first request.
    ///
    /// Reads `LIMITER_TIMEOUT_MS`, the time budget of every call but the first.
    pub fn from_env(table: String) -> Result<Self, ConfigError> {
        let budget_ms = config::parsed("LIMITER_TIMEOUT_MS", BUDGET_MS)?;
        let backend = Backend::DynamoDb(DynamoDbLimiter::lazy(table));
        let budget = Duration::from_millis(budget_ms);
        Ok(Self::new(backend, Clock::System, budget))
    }

    /// Limits kept in `backend`, which gets `budget` to answer.
    ///
    /// The first call of an instance gets [`FIRST_CALL_BUDGET_MS`] if that is longer.
    pub fn new(backend: Backend, clock: Clock, budget: Duration) -> Self {
        Self(Arc::new(Inner {
            backend,
            local: MemoryLimiter::new(),
            clock,
            budget,
            called: AtomicBool::new(false),
        }))
    }

    /// Counts a request of `cost` with all quotas of `scope`, or with none of them.
    ///
    /// `cost` counts as at least 1 and at most the smallest limit. Never fails: see [`OnFailure`].
    pub async fn check(
        &self,
        scope: &Scope,
        quotas: &Quotas,
        cost: u32,
        on_failure: OnFailure,
    ) -> Verdict {
        let now = self.0.clock.now();
        match self.ask(scope, quotas, cost, millis(now)).await {
            Ok(decision) => decision.into(),
            Err(error) => {
                report(&error, now);
                match on_failure {
                    OnFailure::Closed => Verdict::Unavailable,
                    OnFailure::Open => self.decide_locally(scope, quotas, cost, millis(now)),
                }
            }
        }
    }

    /// Whether a caller is known to have at least half of every quota left.
    ///
    /// While it has, a read may run beside [`Self::check`] and be thrown away on a refusal.
    pub fn far_from_limit(&self, scope: &Scope, quotas: &Quotas) -> bool {
        let now_ms = millis(self.0.clock.now());
        let standing = match &self.0.backend {
            Backend::DynamoDb(table) => table.last_seen(scope, quotas, now_ms),
            Backend::Memory(memory) => memory.last_seen(scope, quotas, now_ms),
        };
        standing.is_some_and(|standing| !standing.is_near_limit())
    }

    async fn ask(
        &self,
        scope: &Scope,
        quotas: &Quotas,
        cost: u32,
        now_ms: u64,
    ) -> Result<Decision, LimiterError> {
        let table = match &self.0.backend {
            Backend::Memory(memory) => return Ok(memory.take(scope, quotas, cost, now_ms)),
            Backend::DynamoDb(table) => table,
        };
        let answer = timeout(self.budget(), table.take(scope, quotas, cost, now_ms)).await;
        answer.unwrap_or(Err(LimiterError::Timeout))
    }

    fn budget(&self) -> Duration {
        if self.0.called.swap(true, Ordering::Relaxed) {
            return self.0.budget;
        }
        Duration::from_millis(FIRST_CALL_BUDGET_MS).max(self.0.budget)
    }

    fn decide_locally(&self, scope: &Scope, quotas: &Quotas, cost: u32, now_ms: u64) -> Verdict {
        let part = quotas.map_limits(|limit| limit / LOCAL_PART);
        let decision = self.0.local.take(scope, &part, cost, now_ms);
        let decision = decision.map_standing(|local| local.seen_as(quotas, 1).degraded());
        decision.into()
    }
}

/// Once, here: the caller of [`Limits::check`] only sees what became of the request.
fn report(error: &LimiterError, at: OffsetDateTime) {
    tracing::warn!(
        error.code = error.cause(),
        error.causes = %error,
        "rate limiter does not answer"
    );
    count(Counter::LimiterDegraded, 1, error.cause(), at);
}

fn millis(at: OffsetDateTime) -> u64 {
    u64::try_from(micros(at) / 1_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_call_may_take_longer() {
        let backend = Backend::Memory(MemoryLimiter::new());
        let limits = Limits::new(backend, Clock::System, Duration::from_millis(50));
        assert_eq!(limits.budget(), Duration::from_secs(1));
        assert_eq!(limits.budget(), Duration::from_millis(50));
        assert_eq!(limits.clone().budget(), Duration::from_millis(50));
    }
}
