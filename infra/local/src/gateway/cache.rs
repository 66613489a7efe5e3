//! Authorizers' answers, kept for as long as the template says.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::time::Instant;

/// How many answers are kept; beyond that the one that ends first goes.
const ENTRIES_MAX: usize = 1_000;

/// What an authorizer decided.
#[derive(Debug, Clone)]
pub(super) enum Decision {
    /// The request may pass, with this context.
    Allow(Value),
    /// It may not.
    Deny,
}

/// Decisions by what was asked.
#[derive(Debug, Default)]
pub(super) struct Cache {
    entries: Mutex<HashMap<Vec<String>, (Decision, Instant)>>,
}

impl Cache {
    /// The decision for `key`, while it holds.
    pub(super) fn get(&self, key: &[String]) -> Option<Decision> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (decision, ends_at) = entries.get(key)?;
        (*ends_at > Instant::now()).then(|| decision.clone())
    }

    /// Keeps a decision for the given time.
    pub(super) fn put(&self, key: Vec<String>, decision: Decision, holds: Duration) {
        if holds.is_zero() {
            return;
        }
        let now = Instant::now();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= ENTRIES_MAX {
            entries.retain(|_, (_, ends_at)| *ends_at > now);
        }
        if entries.len() >= ENTRIES_MAX {
            let first = entries.iter().min_by_key(|(_, (_, ends_at))| *ends_at);
            let first = first.map(|(key, _)| key.clone());
            first.map(|key| entries.remove(&key));
        }
        entries.insert(key, (decision, now + holds));
    }
}
