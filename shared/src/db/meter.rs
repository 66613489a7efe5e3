//! How often the database was waited for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::telemetry::DatabaseUse;

/// How often the database was waited for, and for how long in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trips {
    /// Round trips.
    pub count: u64,
    /// Microseconds spent in them.
    pub micros: u64,
}

impl std::ops::Sub for Trips {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            count: self.count.saturating_sub(before.count),
            micros: self.micros.saturating_sub(before.micros),
        }
    }
}

impl From<Trips> for DatabaseUse {
    fn from(trips: Trips) -> Self {
        Self {
            round_trips: u32::try_from(trips.count).unwrap_or(u32::MAX),
            duration: Duration::from_micros(trips.micros),
            read_from: None,
        }
    }
}

#[derive(Default)]
pub(super) struct Meter {
    count: AtomicU64,
    micros: AtomicU64,
}

impl Meter {
    /// Waits for one round trip, and counts it.
    pub(super) async fn trip<T>(&self, trip: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let answer = trip.await;
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.count.fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
        answer
    }

    /// What was counted so far.
    pub(super) fn trips(&self) -> Trips {
        Trips {
            count: self.count.load(Ordering::Relaxed),
            micros: self.micros.load(Ordering::Relaxed),
        }
    }
}
