//! The database of an execution environment: its primary and, where there is one, its replica.

use std::sync::Arc;

use futures_util::future::{join, join3, join5};

use super::batch::{self, Access};
use super::connect::DatabaseConfig;
use super::consistency::{Consistency, Moment, ReadFrom};
use super::door::Door;
use super::error::DbError;
use super::meter::{Meter, Trips};
use super::replica::{Missed, Replica, ReplicaConfig};
use super::slot::Slot;
use super::statement::{Statement, Work};
use super::transaction::Transaction;
use crate::tenant::Tenant;

/// The database, through the one connection that an execution environment keeps.
///
/// There is no pool: Lambda gives an environment one request at a time. Connected when first
/// needed; a connection that died while the environment was frozen is replaced unnoticed. The
/// first batch of each connection asks ahead of its work whether row-level security holds the
/// role, and nothing runs where it does not.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    door: Door,
    primary: Slot,
    replica: Option<Replica>,
    meter: Meter,
}

impl Database {
    /// A database that nobody has connected to yet.
    pub fn new(config: DatabaseConfig) -> Self {
        Self::with_replica(config, None)
    }

    /// The same, entered through `door`.
    pub fn behind(door: Door, config: DatabaseConfig) -> Self {
        Self::make(door, config, None)
    }

    /// The same with a replica, which answers the reads of requests that run in a
    /// [`Consistency::scope`].
    pub fn with_replica(config: DatabaseConfig, replica: Option<ReplicaConfig>) -> Self {
        Self::make(Door::Active, config, replica)
    }

    fn make(door: Door, config: DatabaseConfig, replica: Option<ReplicaConfig>) -> Self {
        Self(Arc::new(Inner {
            door,
            primary: Slot::new(config, None),
            replica: replica.map(Replica::new),
            meter: Meter::default(),
        }))
    }

    /// Whether there is a replica.
    pub fn has_replica(&self) -> bool {
        self.0.replica.is_some()
    }

    /// Connects to the primary, so that the first request need not.
    pub async fn warm(&self) -> Result<(), DbError> {
        let mut lease = self.0.primary.lease().await?;
        lease.done(false);
        Ok(())
    }

    /// The trips made so far.
    pub fn trips(&self) -> Trips {
        self.0.meter.trips()
    }

    /// Reads as `tenant`, in one round trip.
    ///
    /// From the replica where the request allows it, and then from the primary if the replica is
    /// behind, out of reach, or says no: a second trip, only then.
    pub async fn read<W: Work>(&self, tenant: Tenant, work: W) -> Result<W::Output, DbError> {
        let Some((replica, request)) = self.0.replica.as_ref().zip(Consistency::current()) else {
            return self.once(tenant, Access::Read, &work).await;
        };
        // On the heap, so that a function without a replica does not carry it about.
        let asked = Box::pin(replica.read(&self.0.meter, &request, tenant, &work));
        let from = match asked.await {
            Ok((output, lag_ms)) => {
                request.has_read(ReadFrom::Replica { lag_ms });
                return Ok(output);
            }
            Err(Missed::Unasked) => ReadFrom::Primary,
            Err(Missed::Failed) => ReadFrom::Fallback,
        };
        request.has_read(from);
        self.once(tenant, Access::Read, &work).await
    }

    /// Writes as `tenant`, in one round trip: all of it or nothing.
    pub async fn write<W: Work>(&self, tenant: Tenant, work: W) -> Result<W::Output, DbError> {
        self.once(tenant, Access::Write, &work).await
    }

    async fn once<W: Work>(
        &self,
        tenant: Tenant,
        access: Access,
        work: &W,
    ) -> Result<W::Output, DbError> {
        let writing = self.writing(access);
        let mut lease = self.0.primary.lease().await?;
        let client = lease.client();
        let batch = join5(
            batch::begin(client, access, lease.is_checked()),
            batch::enter(client, self.0.door, tenant),
            work.run(client),
            batch::commit(client),
            batch::position(client, writing.wants_position()),
        );
        let (began, entered, output, committed, position) = self.0.meter.trip(batch).await;
        lease.done(began.is_ok());
        // COMMIT succeeds after a failure too, as a ROLLBACK: only all of them together are a success.
        began?;
        entered?;
        let output = output?;
        committed?;
        writing.committed(position);
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
        let writing = self.writing(Access::Write);
        let mut lease = self.0.primary.lease().await?;
        let client = lease.client();
        let head = join(
            batch::begin(client, Access::Write, lease.is_checked()),
            founding.run(client),
        );
        let tail = join(
            batch::commit(client),
            batch::position(client, writing.wants_position()),
        );
        let batch = join(
            join3(
                head,
                batch::enter(client, self.0.door, tenant),
                work.run(client),
            ),
            tail,
        );
        let (((began, founded), entered, output), (committed, position)) =
            self.0.meter.trip(batch).await;
        lease.done(began.is_ok());
        began?;
        founded?;
        entered?;
        let output = output?;
        committed?;
        writing.committed(position);
        Ok(output)
    }

    /// Runs one statement in no tenant, on the primary. Every tenant's table refuses it; what is left
    /// are the reviewed functions that PostgreSQL grants to this function's role.
    pub async fn without_tenant<T: Send>(&self, statement: Statement<T>) -> Result<T, DbError> {
        let mut lease = self.0.primary.lease().await?;
        let client = lease.client();
        if lease.is_checked() {
            let output = self.0.meter.trip(statement.run(client)).await;
            lease.done(true);
            return output;
        }
        // Alone, it would run whatever the check says.
        let batch = join3(
            batch::begin(client, Access::Write, false),
            statement.run(client),
            batch::commit(client),
        );
        let (began, output, committed) = self.0.meter.trip(batch).await;
        lease.done(began.is_ok());
        began?;
        let output = output?;
        committed?;
        Ok(output)
    }

    /// Runs dependent statements as `tenant` in one transaction: kept when `work` ends well.
    ///
    /// On the primary, whatever `access` says: a second server cannot take over half-way.
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
        let writing = self.writing(access);
        let mut lease = self.0.primary.lease().await?;
        let mut transaction = Transaction::new(
            (lease.client(), lease.is_checked()),
            &self.0.meter,
            (self.0.door, tenant, access),
            writing.wants_position(),
        );
        let outcome = work(&mut transaction).await;
        let ended = transaction.end(outcome.is_ok()).await;
        let (checked, position) = (transaction.is_checked(), transaction.position());
        lease.done(checked);
        let value = outcome?;
        ended?;
        writing.committed(position);
        Ok(value)
    }

    /// Reads as `tenant` in dependent steps that all see one instant, which is not before `moment`.
    ///
    /// From the replica, where there is one that has come so far; and where it cannot finish, once
    /// more and from the start on the primary, so `work` begins anew each time it is called.
    pub async fn snapshot<T, E, F>(&self, tenant: Tenant, moment: Moment, work: F) -> Result<T, E>
    where
        E: From<DbError>,
        F: AsyncFn(&mut Transaction<'_>) -> Result<T, E>,
    {
        if let Some(replica) = &self.0.replica {
            let asked = Box::pin(replica.snapshot(&self.0.meter, moment, tenant, &work));
            if let Some(outcome) = asked.await {
                return outcome;
            }
        }
        self.transaction(tenant, Access::Snapshot, work).await
    }

    /// A unit of work begins. While a replica is in use, one that may write has consequences for
    /// the request's later reads, and for its caller's.
    fn writing(&self, access: Access) -> Writing {
        let replica = self.0.replica.as_ref();
        let replica = replica.filter(|_| access == Access::Write);
        let writing = replica.zip(Consistency::current());
        Writing(writing.map(|(replica, request)| {
            request.will_write();
            (request, replica.has_positions())
        }))
    }
}

/// The request that a write belongs to, and whether its position is wanted.
struct Writing(Option<(Arc<Consistency>, bool)>);

impl Writing {
    fn wants_position(&self) -> bool {
        self.0.as_ref().is_some_and(|(_, wanted)| *wanted)
    }

    fn committed(&self, position: Option<u64>) {
        if let Some((request, _)) = &self.0 {
            request.has_written(position);
        }
    }
}
