//! A store of buckets with a clock that stands still, and as many instances over it as a test wants.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use shared::clock::Clock;
use shared::ids::TenantId;
use shared::limits::{Backend, Limits, MemoryLimiter, OnFailure, Scope, Verdict};
use shared::quota::Quotas;
use testkit::TestTable;
use time::OffsetDateTime;

/// Long enough for a busy machine: what is tested here is not how fast a store answers.
const BUDGET: Duration = Duration::from_secs(30);

/// A minute's last 200 ms, so that a test crosses an edge when it moves on a little.
const START: i64 = 1_790_000_039_800;

pub(crate) struct World {
    pub(crate) clock: Clock,
    store: Store,
}

enum Store {
    Memory(MemoryLimiter),
    DynamoDb(Table),
}

impl World {
    pub(crate) fn in_memory() -> Self {
        Self {
            clock: clock(),
            store: Store::Memory(MemoryLimiter::new()),
        }
    }

    pub(crate) async fn in_dynamodb() -> Self {
        Self {
            clock: clock(),
            store: Store::DynamoDb(Table::create().await),
        }
    }

    /// A new instance: it shares the store, and remembers nothing.
    pub(crate) fn instance(&self) -> Limits {
        let backend = match &self.store {
            Store::Memory(memory) => Backend::Memory(memory.clone()),
            Store::DynamoDb(table) => Backend::DynamoDb(table.limiter()),
        };
        Limits::new(backend, self.clock.clone(), BUDGET)
    }

    pub(crate) fn advance_ms(&self, ms: i64) {
        self.clock.advance(time::Duration::milliseconds(ms));
    }

    pub(crate) fn table(&self) -> &Table {
        match &self.store {
            Store::DynamoDb(table) => table,
            Store::Memory(_) => panic!("this world has no table"),
        }
    }

    pub(crate) async fn close(self) {
        if let Store::DynamoDb(table) = self.store {
            table.table.delete().await;
        }
    }
}

fn clock() -> Clock {
    let start = i128::from(START) * 1_000_000;
    Clock::fixed(OffsetDateTime::from_unix_timestamp_nanos(start).unwrap())
}

pub(crate) struct Table {
    table: TestTable,
    requests: Requests,
}

impl Deref for Table {
    type Target = TestTable;

    fn deref(&self) -> &TestTable {
        &self.table
    }
}

impl Table {
    async fn create() -> Self {
        let http = aws_smithy_http_client::Builder::new().build_http();
        let requests = Requests::default();
        let config =
            aws_sdk_dynamodb::config::Builder::from(&shared::aws::load()).http_client(http);
        let client = Client::from_conf(config.interceptor(requests.clone()).build());
        Self {
            table: TestTable::through(client).await,
            requests,
        }
    }

    /// How many requests its clients have sent since this was last asked.
    pub(crate) fn requests_sent(&self) -> usize {
        self.requests.0.swap(0, Ordering::Relaxed)
    }
}

/// Counts what goes over the wire, retries included.
#[derive(Debug, Clone, Default)]
pub(crate) struct Requests(Arc<AtomicUsize>);

impl Intercept for Requests {
    fn name(&self) -> &'static str {
        "Requests"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

pub(crate) fn scope() -> Scope {
    Scope::tenant(TenantId::new())
}

pub(crate) fn quotas(text: &str) -> Quotas {
    text.parse().expect("these are quotas")
}

pub(crate) async fn ask(limits: &Limits, scope: &Scope, quotas: &Quotas) -> Verdict {
    limits.check(scope, quotas, 1, OnFailure::Closed).await
}

/// What is left of each quota, shortest window first, of a request that was admitted.
#[track_caller]
pub(crate) fn left_after(verdict: &Verdict) -> Vec<u32> {
    let Verdict::Allow { standing } = verdict else {
        panic!("not admitted: {verdict:?}");
    };
    assert!(!standing.is_degraded());
    standing.iter().map(|of| of.remaining).collect()
}

/// When to come back, and what is left, of a request that was refused.
#[track_caller]
pub(crate) fn refused(verdict: &Verdict) -> (i64, Vec<u32>) {
    let Verdict::Deny {
        standing,
        retry_after_secs,
    } = verdict
    else {
        panic!("not refused: {verdict:?}");
    };
    let left = standing.iter().map(|of| of.remaining).collect();
    (i64::from(*retry_after_secs), left)
}
