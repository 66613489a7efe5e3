//! The connection of an execution environment, and the batch of one round trip.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::{join4, join5};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use super::connect::{DatabaseConfig, open};
use super::door::Door;
use super::error::DbError;
use super::statement::{Statement, Work};
use super::transaction::Transaction;
use crate::telemetry::DatabaseUse;
use crate::tenant::Tenant;

/// After this many idle seconds a connection is asked whether it still lives.
const IDLE_SECS_UNASKED: u64 = 30;
/// How long it may take to answer, in milliseconds.
const PING_TIMEOUT_MS: u64 = 250;

/// What a unit of work means to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Only reads; PostgreSQL refuses anything else.
    Read,
    /// Only reads, and several statements see the same instant.
    Snapshot,
    /// Writes.
    Write,
}

impl Access {
    pub(super) fn begin(self) -> &'static str {
        match self {
            Self::Read => "BEGIN READ ONLY",
            Self::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Write => "BEGIN",
        }
    }
}

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
}

struct Connection {
    client: Client,
    used_at: Instant,
    /// Set while a unit of work runs: one that was dropped half-way leaves it set.
    busy: bool,
}

/// The database, through the one connection that an execution environment keeps.
///
/// There is no pool: Lambda gives an environment one request at a time. Connected when first
/// needed; a connection that died while the environment was frozen is replaced unnoticed.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    config: DatabaseConfig,
    door: Door,
    slot: Mutex<Option<Connection>>,
    meter: Meter,
}

impl Database {
    /// A database that nobody has connected to yet.
    pub fn new(config: DatabaseConfig) -> Self {
        Self::behind(Door::Active, config)
    }

    /// The same, entered through `door`.
    pub fn behind(door: Door, config: DatabaseConfig) -> Self {
        Self(Arc::new(Inner {
            config,
            door,
            slot: Mutex::default(),
            meter: Meter::default(),
        }))
    }

    /// Connects, so that the first request need not.
    pub async fn warm(&self) -> Result<(), DbError> {
        let mut lease = self.lease().await?;
        lease.done();
        Ok(())
    }

    /// The trips made so far.
    pub fn trips(&self) -> Trips {
        Trips {
            count: self.0.meter.count.load(Ordering::Relaxed),
            micros: self.0.meter.micros.load(Ordering::Relaxed),
        }
    }

    /// Reads as `tenant`, in one round trip.
    pub async fn read<W: Work>(&self, tenant: Tenant, work: W) -> Result<W::Output, DbError> {
        self.once(tenant, Access::Read, work).await
    }

    /// Writes as `tenant`, in one round trip: all of it or nothing.
    pub async fn write<W: Work>(&self, tenant: Tenant, work: W) -> Result<W::Output, DbError> {
        self.once(tenant, Access::Write, work).await
    }

    async fn once<W: Work>(
        &self,
        tenant: Tenant,
        access: Access,
        work: W,
    ) -> Result<W::Output, DbError> {
        let mut lease = self.lease().await?;
        let client = lease.client();
        let id = tenant.id();
        let parameter: [(&(dyn ToSql + Sync), Type); 1] = [(&id, Type::UUID)];
        let batch = join4(
            client.batch_execute(access.begin()),
            client.execute_typed(self.0.door.enter(), &parameter),
            work.run(client),
            client.batch_execute("COMMIT"),
        );
        let (began, entered, output, committed) = self.0.meter.trip(batch).await;
        lease.done();
        // COMMIT succeeds after a failure too, as a ROLLBACK: only all of them together are a success.
        began?;
        entered?;
        let output = output?;
        committed?;
        Ok(output)
    }

    /// Founds a tenant: `founding` makes it, and the rest of the work happens inside it, in one
    /// transaction and one round trip.
    pub async fn found<W: Work>(
        &self,
        tenant: Tenant,
        founding: Statement<()>,
        work: W,
    ) -> Result<W::Output, DbError> {
        let mut lease = self.lease().await?;
        let client = lease.client();
        let id = tenant.id();
        let parameter: [(&(dyn ToSql + Sync), Type); 1] = [(&id, Type::UUID)];
        let batch = join5(
            client.batch_execute(Access::Write.begin()),
            founding.run(client),
            client.execute_typed(self.0.door.enter(), &parameter),
            work.run(client),
            client.batch_execute("COMMIT"),
        );
        let (began, founded, entered, output, committed) = self.0.meter.trip(batch).await;
        lease.done();
        began?;
        founded?;
        entered?;
        let output = output?;
        committed?;
        Ok(output)
    }

    /// Runs one statement in no tenant. Every tenant's table refuses it; what is left are the
    /// reviewed functions that PostgreSQL grants to this function's role.
    pub async fn without_tenant<T: Send>(&self, statement: Statement<T>) -> Result<T, DbError> {
        let mut lease = self.lease().await?;
        let output = self.0.meter.trip(statement.run(lease.client())).await;
        lease.done();
        output
    }

    /// Runs dependent statements as `tenant` in one transaction: kept when `work` ends well.
    pub async fn transaction<T, E, F>(
        &self,
        tenant: Tenant,
        access: Access,
        work: F,
    ) -> Result<T, E>
    where
        E: From<DbError>,
        F: AsyncFnOnce(&mut Transaction<'_>) -> Result<T, E>,
    {
        let mut lease = self.lease().await?;
        let mut transaction =
            Transaction::new(lease.client(), &self.0.meter, self.0.door, tenant, access);
        let outcome = work(&mut transaction).await;
        let ended = transaction.end(outcome.is_ok()).await;
        lease.done();
        let value = outcome?;
        ended?;
        Ok(value)
    }

    async fn lease(&self) -> Result<Lease<'_>, DbError> {
        let mut slot = self.0.slot.lock().await;
        let usable = match slot.as_ref() {
            Some(connection) => alive(connection).await,
            None => false,
        };
        if !usable {
            *slot = None;
            let client = open(&self.0.config).await?;
            *slot = Some(Connection {
                client,
                used_at: Instant::now(),
                busy: false,
            });
        }
        Lease::new(slot)
    }
}

/// Whether a kept connection can be used.
///
/// Two yields let the connection's task see an end that arrived while the environment was frozen,
/// at no cost; only after a long idle time is the server asked, because a middle box may have
/// dropped the connection without a word.
async fn alive(connection: &Connection) -> bool {
    if connection.busy {
        return false;
    }
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    if connection.client.is_closed() {
        return false;
    }
    if connection.used_at.elapsed() < Duration::from_secs(IDLE_SECS_UNASKED) {
        return true;
    }
    let ping = connection.client.check_connection();
    let answer = tokio::time::timeout(Duration::from_millis(PING_TIMEOUT_MS), ping).await;
    matches!(answer, Ok(Ok(())))
}

/// Exclusive use of the connection, for one unit of work.
struct Lease<'a>(MappedMutexGuard<'a, Connection>);

impl<'a> Lease<'a> {
    fn new(slot: MutexGuard<'a, Option<Connection>>) -> Result<Self, DbError> {
        let mut connection = MutexGuard::try_map(slot, Option::as_mut).or(Err(DbError::Aborted))?;
        connection.busy = true;
        Ok(Self(connection))
    }

    fn client(&self) -> &Client {
        &self.0.client
    }

    fn done(&mut self) {
        self.0.busy = false;
        self.0.used_at = Instant::now();
    }
}
