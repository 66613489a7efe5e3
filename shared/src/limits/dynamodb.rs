//! Buckets in DynamoDB: one conditional `UpdateItem` for each request.
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

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure as OnRefusal,
};
use tokio::sync::OnceCell;

use super::LimiterError;
use super::item::{KEY, View, Write, read};
use super::recent::Recent;
use super::scope::Scope;
use super::shards::Shards;
use super::sliding::Bucket;
use super::standing::{Decision, Standing};
use crate::aws;
use crate::quota::Quotas;

/// How many buckets in use an instance remembers; the others cost a longer way to a refusal.
const KNOWN_BUCKETS_MAX: usize = 1_024;

/// How often a write is tried. Each attempt knows more: that there is no item, that another made
/// it meanwhile, what it holds.
const ATTEMPTS_MAX: u32 = 4;

/// How many shards one request asks before it is refused.
const SHARD_ASKS_MAX: u32 = 2;

/// Counts in a DynamoDB table whose partition key is `pk` and whose TTL attribute is `ttl`.
#[derive(Debug)]
pub struct DynamoDbLimiter {
    client: OnceCell<Client>,
    table: String,
    known: Mutex<Recent<Option<Bucket>>>,
    turn: AtomicU32,
}

enum Answer {
    Counted(Bucket),
    Refused(Option<Bucket>),
}

impl DynamoDbLimiter {
    /// A limiter over `table` that makes its client when the first request comes.
    pub fn lazy(table: String) -> Self {
        Self::over(OnceCell::new(), table)
    }

    /// A limiter over `table`. What `client` says about retries does not count.
    pub fn new(client: &Client, table: String) -> Self {
        Self::over(OnceCell::new_with(Some(without_retries(client))), table)
    }

    fn over(client: OnceCell<Client>, table: String) -> Self {
        Self {
            client,
            table,
            known: Mutex::new(Recent::new(KNOWN_BUCKETS_MAX)),
            turn: AtomicU32::new(0),
        }
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
            view = match self.send(key, write).await? {
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

    async fn send(&self, key: &str, write: Write) -> Result<Answer, LimiterError> {
        let client = self
            .client
            .get_or_init(async || without_retries(&Client::new(aws::config().await)))
            .await;
        let request = client
            .update_item()
            .table_name(&self.table)
            .key(KEY, AttributeValue::S(key.to_owned()))
            .update_expression(write.update)
            .condition_expression(write.condition)
            .set_expression_attribute_names(Some(write.names))
            .set_expression_attribute_values(Some(write.values))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(OnRefusal::AllOld);
        let error = match request.send().await {
            Ok(output) => {
                let bucket = output.attributes().and_then(read);
                return bucket.map(Answer::Counted).ok_or(LimiterError::Malformed);
            }
            Err(error) => error,
        };
        let Some(UpdateItemError::ConditionalCheckFailedException(refused)) =
            error.as_service_error()
        else {
            let causes = DisplayErrorContext(error).to_string();
            return Err(LimiterError::Request(causes));
        };
        Ok(Answer::Refused(refused.item().and_then(read)))
    }

    fn known(&self, key: &str) -> Option<Bucket> {
        self.lock().get(key).cloned().flatten()
    }

    fn remember(&self, key: &str, bucket: &Bucket) {
        *self.lock().entry(key) = Some(bucket.clone());
    }

    fn lock(&self) -> MutexGuard<'_, Recent<Option<Bucket>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A write that was carried out although its answer got lost would be counted twice.
fn without_retries(client: &Client) -> Client {
    let config = client.config().to_builder();
    Client::from_conf(config.retry_config(RetryConfig::disabled()).build())
}
