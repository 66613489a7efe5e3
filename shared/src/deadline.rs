//! How long an invocation may still go on.

use std::time::Duration;

use lambda_runtime::Context;
use time::OffsetDateTime;

use crate::clock::{Clock, from_micros};

/// What is kept back from a piece of work to say that it was given up, in milliseconds.
const ANSWER_MS: u64 = 500;

/// The time at which Lambda ends an invocation, with a margin before it.
#[derive(Debug, Clone)]
pub struct Deadline {
    clock: Clock,
    at: Option<OffsetDateTime>,
    margin: Duration,
}

impl Deadline {
    /// A deadline at `at`; within `margin` of it nothing new is to be begun.
    pub fn new(clock: Clock, at: OffsetDateTime, margin: Duration) -> Self {
        Self {
            clock,
            at: Some(at),
            margin,
        }
    }

    /// No deadline.
    pub fn never() -> Self {
        Self {
            clock: Clock::System,
            at: None,
            margin: Duration::ZERO,
        }
    }

    /// The deadline of a Lambda invocation; none where the host names none.
    pub fn of(context: &Context, margin: Duration) -> Self {
        let micros = context.deadline.saturating_mul(1_000);
        let at = from_micros(i64::try_from(micros).unwrap_or(i64::MAX));
        Self {
            clock: Clock::System,
            at: (context.deadline > 0).then_some(at),
            margin,
        }
    }

    /// The same, or `budget` from now if that is sooner: for work that must not hold up what follows.
    #[must_use]
    pub fn at_most(&self, budget: Duration) -> Self {
        let at = self.clock.now() + budget + self.margin;
        Self {
            at: Some(self.at.map_or(at, |own| own.min(at))),
            ..self.clone()
        }
    }

    /// The time now, by the clock that the deadline is held to.
    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// Whether it is too late to begin anything.
    pub fn near(&self) -> bool {
        self.left().is_some_and(|left| left <= self.margin)
    }

    /// The time left; `None` where there is no deadline.
    pub fn left(&self) -> Option<Duration> {
        let left = self.at? - self.clock.now();
        Some(Duration::try_from(left).unwrap_or(Duration::ZERO))
    }

    /// Waits for `work`, and gives it up (`None`) when there is just the time left to say so.
    pub async fn hold<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let Some(left) = self.left() else {
            return Some(work.await);
        };
        let budget = left.saturating_sub(Duration::from_millis(ANSWER_MS));
        tokio::time::timeout(budget, work).await.ok()
    }
}
