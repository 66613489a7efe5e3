//! Holds callers to their quotas, exactly and across all instances.
//!
//! | file | what it is |
//! |---|---|
//! | `sliding` | the arithmetic: a bucket, and whether a request still fits in it |
//! | `table` | how an instance counts in a table that others count in too |
//! | `dynamodb`, `item`, `shards` | the bucket as one item, one conditional write for each request |
//! | `memory` | the same in one process: for tests, and while DynamoDB does not answer |
//! | `guard` | what the pipeline holds: time budget, and what happens when it runs out |
//! | `headers` | what the caller is told |
//!
//! **Invariant:** within any window, however it is placed, no more than the limit is admitted, as
//! long as the clocks of two instances differ by at most [`sliding::CLOCK_SKEW_MS_MAX`]. A refused
//! request consumes nothing.

mod dynamodb;
mod guard;
mod headers;
pub mod item;
mod memory;
mod scope;
mod shards;
pub mod sliding;
mod standing;
mod table;

pub use dynamodb::{DynamoDbLimiter, DynamoDbTable};
pub use guard::{Backend, FIRST_CALL_BUDGET_MS, LOCAL_PART, Limits, OnFailure, Verdict};
pub use headers::headers;
pub use memory::MemoryLimiter;
pub use scope::Scope;
pub use shards::{SHARD_RATE_MAX, SHARDS_MAX};
pub use standing::{Decision, QuotaStanding, Standing};
pub use table::{Answer, Table, TableLimiter};

/// Why a store of buckets gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum LimiterError {
    /// It did not answer within the time budget. The request may have been counted.
    #[error("no answer within the time budget")]
    Timeout,
    /// It answered with an error, or could not be reached.
    #[error("the limits table did not take the request: {0}")]
    Request(String),
    /// It answered with something that is no bucket.
    #[error("the limits table answered with something that is no bucket")]
    Malformed,
    /// Others changed the bucket at every attempt.
    #[error("the bucket changed at every attempt")]
    Contended,
}

impl LimiterError {
    /// One word for logs and metrics.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Request(_) => "request",
            Self::Malformed => "malformed",
            Self::Contended => "contended",
        }
    }
}
