//! How an instance counts in a table that other instances count in too.
//!
//! The write counts the request in every quota if it fits, or fails; either way the answer carries
//! the whole bucket, and the instance remembers it. What it remembers never admits more than the
//! truth would (see [`Bucket::ceiling`]), so it serves twice: as the bound of the next write, and
//! to refuse without asking until a request can fit again.
//!
//! An instance that meets a scope for the first time relies on the ceiling that the last writer left
//! in the item. Only when an item has got lost (see `ttl`) can a write pass that should not have;
//! so every answer is checked once more, and such a request is refused although it was counted.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::LimiterError;
use super::item::{View, Write};
use super::scope::Scope;
use super::shards::Shards;
use super::sliding::Bucket;
use super::standing::{Decision, Standing};
use crate::quota::Quotas;
use crate::recent::Recent;

/// How many buckets in use an instance remembers; the others cost a longer way to a refusal.
const KNOWN_BUCKETS_MAX: usize = 1_024;

/// How often a write is tried. Each attempt knows more: that there is no item, that another made
/// it meanwhile, what it holds.
const ATTEMPTS_MAX: u32 = 4;

/// How many shards one request asks before it is refused.
const SHARD_ASKS_MAX: u32 = 2;

/// A table of buckets that carries out conditional writes, one item at a time.
///
/// The product's is [`super::DynamoDbTable`]. It is a trait because the simulation of a thousand
/// instances runs this limiter over a table in its own memory and its own time.
pub trait Table: Send + Sync {
    /// Carries out `write` on the item with this key, once: a write whose answer got lost must not
    /// be sent again.
    fn write(
        &self,
        key: &str,
        write: Write,
    ) -> impl Future<Output = Result<Answer, LimiterError>> + Send;
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The condition held, and this is the bucket after it.
    Counted(Bucket),
    /// The condition did not hold; the bucket as it is, or `None` when there is no item.
    Refused(Option<Bucket>),
}

/// The limiter of one instance, over a table that all instances share.
#[derive(Debug)]
pub struct TableLimiter<T> {
    table: T,
    known: Mutex<Recent<String, Option<Bucket>>>,
    turn: AtomicU32,
}

impl<T: Table> TableLimiter<T> {
    /// A limiter over `table` that has seen nothing yet.
    pub fn over(table: T) -> Self {
        Self {
            table,
            known: Mutex::new(Recent::new(KNOWN_BUCKETS_MAX)),
            turn: AtomicU32::new(0),
        }
    }

    /// The table itself.
    pub(super) fn table(&self) -> &T {
        &self.table
    }

    /// Decides about one request at `now_ms`, milliseconds since the epoch.
    pub async fn take(
        &self,
        scope: &Scope,
        quotas: &Quotas,
        cost: u32,
        now_ms: u64,
    ) -> Result<Decision, LimiterError> {
        let shards = Shards::of(scope, quotas);
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut asks_left = SHARD_ASKS_MAX;
        let mut refusal: Option<Decision> = None;
        for shard in shards.in_turn(turn) {
            let (key, part) = (shards.key(shard), shards.quotas(shard));
            let decision = match self.refused_already(&key, &part, cost, now_ms) {
                Some(decision) => decision,
                None if asks_left == 0 => continue,
                None => {
                    asks_left -= 1;
                    self.ask(&key, &part, cost, now_ms).await?
                }
            };
            let decision = decision.map_standing(|part| shards.whole(part));
            if matches!(decision, Decision::Allow(_)) {
                return Ok(decision);
            }
            let refusals = refusal.into_iter().chain([decision]);
            refusal = refusals.min_by_key(Decision::retry_after_secs);
        }
        refusal.ok_or(LimiterError::Contended)
    }

    /// Where a scope was last seen to stand; `None` when this instance does not know.
    pub fn last_seen(&self, scope: &Scope, quotas: &Quotas, now_ms: u64) -> Option<Standing> {
        let shards = Shards::of(scope, quotas);
        let shard = shards.in_turn(self.turn.load(Ordering::Relaxed)).next()?;
        let bucket = self.known(&shards.key(shard))?;
        let part = bucket.standing(&shards.quotas(shard), now_ms);
        Some(shards.whole(part))
    }

    fn refused_already(
        &self,
        key: &str,
        quotas: &Quotas,
        cost: u32,
        now_ms: u64,
    ) -> Option<Decision> {
        let bucket = self.known(key)?;
        let refused = !bucket.fits(quotas, cost, now_ms);
        refused.then(|| bucket.denial(quotas, cost, now_ms))
    }

    async fn ask(
        &self,
        key: &str,
        quotas: &Quotas,
        cost: u32,
        now_ms: u64,
    ) -> Result<Decision, LimiterError> {
        let mut view = self.known(key).map_or(View::Unknown, View::Seen);
        for _ in 0..ATTEMPTS_MAX {
            let write = Write::new(&view, quotas, cost, now_ms);
            view = match self.table.write(key, write).await? {
                Answer::Counted(bucket) => {
                    self.remember(key, &bucket);
                    return Ok(match bucket.total() <= bucket.ceiling(quotas, now_ms) {
                        true => Decision::Allow(bucket.standing(quotas, now_ms)),
                        false => bucket.denial(quotas, cost, now_ms),
                    });
                }
                Answer::Refused(Some(bucket)) => {
                    self.remember(key, &bucket);
                    if !bucket.fits(quotas, cost, now_ms) {
                        return Ok(bucket.denial(quotas, cost, now_ms));
                    }
                    View::Seen(bucket)
                }
                Answer::Refused(None) => View::Absent,
            };
        }
        Err(LimiterError::Contended)
    }

    fn known(&self, key: &str) -> Option<Bucket> {
        self.lock().get(key).cloned().flatten()
    }

    fn remember(&self, key: &str, bucket: &Bucket) {
        *self.lock().entry(key) = Some(bucket.clone());
    }

    fn lock(&self) -> MutexGuard<'_, Recent<String, Option<Bucket>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
