//! Buckets in DynamoDB: one conditional `UpdateItem` for each request.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{SharedInterceptor, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure as OnRefusal,
};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::LimiterError;
use super::item::{KEY, Write, read};
use super::scope::Scope;
use super::shards;
use super::table::{Answer, Table, TableLimiter};
use crate::aws::{self, Lean};

/// How often an item's removal is tried: it may be repeated, and the client itself repeats nothing.
const REMOVE_TRIES_MAX: u32 = 3;
/// How long one try may take, in seconds.
const REMOVE_TRY_SECS: u64 = 5;

/// Counts in a DynamoDB table whose partition key is `pk` and whose TTL attribute is `ttl`.
pub type DynamoDbLimiter = TableLimiter<DynamoDbTable>;

/// A table in DynamoDB, and the client that reaches it.
#[derive(Debug)]
pub struct DynamoDbTable {
    client: OnceCell<Client>,
    name: String,
}

impl DynamoDbLimiter {
    /// A limiter over `table` that makes its client when the first request comes.
    pub fn lazy(table: String) -> Self {
        Self::over(DynamoDbTable {
            client: OnceCell::new(),
            name: table,
        })
    }

    /// A limiter over `table`. What `client` says about retries does not count.
    pub fn new(client: &Client, table: String) -> Self {
        Self::over(DynamoDbTable {
            client: OnceCell::new_with(Some(lean(client))),
            name: table,
        })
    }
}

impl DynamoDbLimiter {
    /// Removes the counts of `scope`; answers how many items there were.
    ///
    /// For somebody who will not come again: whoever asks meanwhile is counted anew. Each item gets
    /// [`REMOVE_TRIES_MAX`] tries of [`REMOVE_TRY_SECS`].
    pub async fn forget(&self, scope: &Scope) -> Result<u32, LimiterError> {
        let mut found = 0;
        for key in shards::all_keys(scope) {
            found += u32::from(self.table().remove(&key).await?);
        }
        Ok(found)
    }
}

impl DynamoDbTable {
    /// Removes an item; answers whether it was there.
    async fn remove(&self, key: &str) -> Result<bool, LimiterError> {
        let budget = Duration::from_secs(REMOVE_TRY_SECS);
        let mut outcome = Err(LimiterError::Timeout);
        for _ in 0..REMOVE_TRIES_MAX {
            let tried = timeout(budget, self.try_to_remove(key)).await;
            outcome = tried.unwrap_or(Err(LimiterError::Timeout));
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    async fn try_to_remove(&self, key: &str) -> Result<bool, LimiterError> {
        let client = self.client().await;
        let request = client
            .delete_item()
            .table_name(&self.name)
            .key(KEY, AttributeValue::S(key.to_owned()))
            .return_values(ReturnValue::AllOld);
        match Box::pin(request.send()).await {
            Ok(output) => Ok(output.attributes().is_some()),
            Err(error) => Err(LimiterError::Request(
                DisplayErrorContext(error).to_string(),
            )),
        }
    }

    async fn client(&self) -> &Client {
        self.client
            .get_or_init(async || lean(&Client::new(aws::config())))
            .await
    }
}

impl Table for DynamoDbTable {
    async fn write(&self, key: &str, write: Write) -> Result<Answer, LimiterError> {
        let client = self.client().await;
        let request = client
            .update_item()
            .table_name(&self.name)
            .key(KEY, AttributeValue::S(key.to_owned()))
            .update_expression(write.update)
            .condition_expression(write.condition)
            .set_expression_attribute_names(Some(write.names))
            .set_expression_attribute_values(Some(write.values))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(OnRefusal::AllOld);
        // A large future; on the heap it does not swell every request's.
        let error = match Box::pin(request.send()).await {
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
}

/// A write that was carried out although its answer got lost would be counted twice; and the whole
/// call has a time budget, so that none of its parts needs a clock of its own.
///
/// One such call goes with every request: the client leaves out what no one-time call needs.
fn lean(client: &Client) -> Client {
    let mut config = client.config().to_builder();
    config.push_interceptor(SharedInterceptor::permanent(Lean));
    let config = config
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    Client::from_conf(config.build())
}
