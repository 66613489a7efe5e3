//! A read replica: asked first, believed only as far as it says how far it has come.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::{join, join4, try_join};
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tokio_postgres::Client;
use tokio_postgres::types::{PgLsn, ToSql, Type};

use super::batch::{self, Access};
use super::connect::DatabaseConfig;
use super::consistency::{Consistency, LAG_MS_UNKNOWN};
use super::door::Door;
use super::error::DbError;
use super::meter::Meter;
use super::slot::Slot;
use super::statement::Work;
use crate::config::{self, ConfigError};
use crate::error::causes;
use crate::tenant::Tenant;

mod snapshot;

/// Answers its lag; fails, and the batch with it, short of a position, too far behind, or where the
/// server is no replica.
pub(super) const CHECK_REPLICA: &str =
    "-- shared::db::CHECK_REPLICA\nSELECT app.check_replica($1, $2)";

/// Fails where the tenant's silo has gone since the transaction entered: the primary's mover waits
/// for its readers, and not for a replica's.
pub(super) const CHECK_PLACE: &str = "-- shared::db::CHECK_PLACE\nSELECT app.check_place()";

/// The SQLSTATE of a replica that has not come as far as the caller has to see.
const BEHIND: &str = "TN020";

/// How long a replica that failed is left alone, in seconds.
const REST_SECS: u64 = 5;
/// How long a connection, and the check ahead of the work, may take each, in milliseconds.
const PATIENCE_MS: u64 = 1_000;
/// How long the work may take after that, in seconds: the services' `statement_timeout`.
const WORK_SECS_MAX: u64 = 5;

/// How far a replica may be behind when the operator does not say, in milliseconds.
const LAG_MS_MAX_DEFAULT: u32 = 10_000;

/// Where the replica is, and how far it is trusted.
#[derive(Clone)]
pub struct ReplicaConfig {
    database: DatabaseConfig,
    lag_max: Duration,
    patience: Duration,
    sticky: Option<Duration>,
}

impl ReplicaConfig {
    /// A streaming replica that is not read from while it is further behind than `lag_max`.
    pub fn new(database: DatabaseConfig, lag_max: Duration) -> Self {
        Self {
            database,
            lag_max,
            patience: Duration::from_millis(PATIENCE_MS),
            sticky: None,
        }
    }

    /// Waits so long, instead of a second, for a connection and then for the check ahead of the work.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// For readers whose log positions mean nothing, such as Aurora's: after a write its caller is
    /// answered by the primary for so long. Their lag is not asked.
    #[must_use]
    pub fn sticky(self, after_a_write: Duration) -> Self {
        Self {
            sticky: Some(after_a_write),
            ..self
        }
    }

    /// Reads `DATABASE_REPLICA_URL` (`None` without it), with the `DATABASE_PASSWORD` and
    /// `DATABASE_CA_FILE` of the primary; `DATABASE_REPLICA_LAG_MS`, how far it may be behind; and
    /// `DATABASE_REPLICA_STICKY_MS`, which when above 0 makes it [`ReplicaConfig::sticky`].
    pub fn from_env() -> Result<Option<Self>, ConfigError> {
        let lag_ms: u32 = config::parsed("DATABASE_REPLICA_LAG_MS", LAG_MS_MAX_DEFAULT)?;
        let sticky_ms: u32 = config::parsed("DATABASE_REPLICA_STICKY_MS", 0)?;
        let password = config::optional("DATABASE_PASSWORD");
        let authorities = config::optional("DATABASE_CA_FILE");
        let Some(url) = config::optional("DATABASE_REPLICA_URL") else {
            return Ok(None);
        };
        let database = DatabaseConfig::new(&url, password.as_deref(), authorities.as_deref());
        let database = database.map_err(|reason| ConfigError::Invalid {
            name: "DATABASE_REPLICA_URL",
            reason,
        })?;
        let replica = Self::new(database, Duration::from_millis(lag_ms.into()));
        Ok(Some(match sticky_ms {
            0 => replica,
            _ => replica.sticky(Duration::from_millis(sticky_ms.into())),
        }))
    }
}

type Batch<T> = (
    Result<(), DbError>,
    Result<i64, DbError>,
    Result<T, DbError>,
);

/// Why the primary has to be asked.
#[derive(Debug)]
pub(super) enum Missed {
    /// The replica was not asked: the request must not read from it, or it is left alone.
    Unasked,
    /// It was asked in vain.
    Failed,
}

pub(super) struct Replica {
    slot: Slot,
    lag_max: Duration,
    patience: Duration,
    sticky: Option<Duration>,
    rests_until: Mutex<Option<Instant>>,
}

impl Replica {
    pub(super) fn new(config: ReplicaConfig) -> Self {
        Self {
            slot: Slot::new(config.database, Some(config.patience)),
            lag_max: config.lag_max,
            patience: config.patience,
            sticky: config.sticky,
            rests_until: Mutex::default(),
        }
    }

    /// Whether a write's position is worth asking for.
    pub(super) fn has_positions(&self) -> bool {
        self.sticky.is_none()
    }

    /// Reads as `tenant`, in one round trip, and answers with the lag in milliseconds.
    ///
    /// No failure is final: what the replica says no to, the primary may know better.
    pub(super) async fn read<W: Work>(
        &self,
        meter: &Meter,
        request: &Consistency,
        tenant: Tenant,
        work: &W,
    ) -> Result<(W::Output, i64), Missed> {
        let Some(at_least) = request.on_replica(self.sticky, self.lag_max) else {
            return Err(Missed::Unasked);
        };
        if self.rests() {
            return Err(Missed::Unasked);
        }
        let mut lease = match self.slot.lease().await {
            Ok(lease) => lease,
            Err(error) => return Err(self.rest(&error)),
        };
        // Whoever had the connection before may have found out what it is like.
        if self.rests() {
            lease.done(false);
            return Err(Missed::Unasked);
        }
        let trip = self.trip(lease.client(), lease.is_checked(), at_least, tenant, work);
        let Ok((began, lag, output)) = meter.trip(trip).await else {
            // The lease is not done, so the connection will not be used again.
            return Err(self.rest(&DbError::Silent));
        };
        lease.done(began.is_ok());
        match (began.and(lag), output) {
            (Ok(lag), Ok(output)) => Ok((output, lag)),
            (Err(error), _) if is_behind(&error) => Err(Missed::Failed),
            (Err(error), _) | (_, Err(error @ DbError::Unreachable(_))) => Err(self.rest(&error)),
            // The tenant is not there yet, or the query is in the way of what is replayed.
            (Ok(_), Err(error)) => {
                tracing::debug!(error.causes = causes(&error), "replica read failed");
                Err(Missed::Failed)
            }
        }
    }

    /// The batch: whether it began, the lag, and what the work yields.
    async fn trip<W: Work>(
        &self,
        client: &Client,
        checked: bool,
        at_least: u64,
        tenant: Tenant,
        work: &W,
    ) -> Result<Batch<W::Output>, Elapsed> {
        // The snapshot is taken after the check, so that it holds whatever had been replayed then,
        // and once, so that a tenant whose move is replayed meanwhile is read in one place.
        let head = join(
            self.check(client, at_least),
            batch::begin(client, Access::Snapshot, checked),
        );
        let tail = join4(
            batch::enter(client, Door::Active, tenant),
            work.run(client),
            client.execute_typed(CHECK_PLACE, &[]),
            batch::commit(client),
        );
        // A check that is not answered ends the wait for the rest.
        let head = timeout(self.patience, head);
        let both = try_join(head, async { Ok(tail.await) });
        let longest = self.patience + Duration::from_secs(WORK_SECS_MAX);
        let both = timeout(longest, both).await;
        let ((lag, began), (entered, output, placed, committed)) = both??;
        let output = entered.and(output).and_then(|output| {
            placed?;
            committed?;
            Ok(output)
        });
        Ok((began, lag, output))
    }

    async fn check(&self, client: &Client, at_least: u64) -> Result<i64, DbError> {
        if !self.has_positions() {
            return Ok(LAG_MS_UNKNOWN);
        }
        let at_least = PgLsn::from(at_least);
        let lag_ms_max = i64::try_from(self.lag_max.as_millis()).unwrap_or(i64::MAX);
        let parameters: [(&(dyn ToSql + Sync), Type); 2] =
            [(&at_least, Type::PG_LSN), (&lag_ms_max, Type::INT8)];
        let rows = client.query_typed(CHECK_REPLICA, &parameters).await?;
        Ok(rows.first().ok_or(DbError::NoRow)?.try_get(0)?)
    }

    fn rests(&self) -> bool {
        let until = self.rests_until.lock();
        let until = *until.unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }

    /// Leaves the replica alone for a while.
    fn rest(&self, error: &DbError) -> Missed {
        tracing::warn!(
            error.causes = causes(error),
            rest_secs = REST_SECS,
            "replica is left alone"
        );
        let until = Instant::now() + Duration::from_secs(REST_SECS);
        let rests = self.rests_until.lock();
        *rests.unwrap_or_else(PoisonError::into_inner) = Some(until);
        Missed::Failed
    }
}

fn is_behind(error: &DbError) -> bool {
    is(error, BEHIND)
}

/// Whether an error has this code of ours.
fn is(error: &DbError, code: &str) -> bool {
    matches!(error, DbError::Other(error) if error.code().is_some_and(|found| found.code() == code))
}
