//! Buckets in the memory of one process.

use std::sync::{Arc, Mutex, PoisonError};

use super::scope::Scope;
use super::sliding::Bucket;
use super::standing::{Decision, Standing};
use crate::quota::Quotas;
use crate::recent::Recent;

/// How many scopes in use one process keeps apart; what is older may be forgotten and start anew.
const SCOPES_MAX: usize = 16_384;

/// Counts in memory, with the same answers as [`super::DynamoDbLimiter`]. Clones share their counts.
#[derive(Debug, Clone)]
pub struct MemoryLimiter {
    buckets: Arc<Mutex<Recent<String, Bucket>>>,
}

impl MemoryLimiter {
    /// A limiter that has admitted nothing yet.
    pub fn new() -> Self {
        Self {
            buckets: Arc::new(Mutex::new(Recent::new(SCOPES_MAX))),
        }
    }

    /// Decides about one request at `now_ms`, milliseconds since the epoch.
    pub fn take(&self, scope: &Scope, quotas: &Quotas, cost: u32, now_ms: u64) -> Decision {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(&scope.to_string());
        bucket.decide(quotas, cost, now_ms)
    }

    /// Where a scope stands; `None` when it has not asked yet.
    pub fn last_seen(&self, scope: &Scope, quotas: &Quotas, now_ms: u64) -> Option<Standing> {
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.get(&scope.to_string())?;
        Some(bucket.standing(quotas, now_ms))
    }
}

impl Default for MemoryLimiter {
    fn default() -> Self {
        Self::new()
    }
}
