//! Several steps on a replica that see the same instant.

use std::time::Duration;

use futures_util::future::{join, join3};
use tokio::time::timeout;
use tokio_postgres::Client;

use super::{CHECK_PLACE, Replica, is, is_behind};
use crate::db::batch::{self, Access};
use crate::db::consistency::Moment;
use crate::db::door::Door;
use crate::db::error::DbError;
use crate::db::meter::Meter;
use crate::db::transaction::Transaction;
use crate::error::causes;
use crate::tenant::Tenant;

/// How long all steps together may take before the primary is asked instead, in seconds: as long as
/// one statement of a report may take on either server.
const STEPS_SECS_MAX: u64 = 30;

/// The SQLSTATE of a tenant whose silo has gone.
const GONE: &str = "TN023";

impl Replica {
    /// Runs `work` on the replica; `None` where the primary has to be asked, whatever the reason.
    ///
    /// An error is `work`'s own: all of its statements had succeeded.
    pub(in crate::db) async fn snapshot<T, E, F>(
        &self,
        meter: &Meter,
        moment: Moment,
        tenant: Tenant,
        work: &F,
    ) -> Option<Result<T, E>>
    where
        E: From<DbError>,
        F: AsyncFn(&mut Transaction<'_>) -> Result<T, E>,
    {
        let at_least = moment.on_replica(self.sticky)?;
        if self.rests() {
            return None;
        }
        let mut lease = match self.slot.lease().await {
            Ok(lease) => lease,
            Err(error) => return self.leave(&error),
        };
        let (client, checked) = (lease.client(), lease.is_checked());
        let began = self.begin(client, checked, at_least, tenant);
        let Ok((lag, began, entered)) = timeout(self.patience, meter.trip(began)).await else {
            // The lease is not done, so the connection will not be used again.
            return self.leave(&DbError::Silent);
        };
        let checked = began.is_ok();
        let lag_ms = match began.and(lag).and_then(|lag| entered.map(|()| lag)) {
            Ok(lag) => lag,
            Err(error) => {
                if self.end(client, meter, false).await.is_ok() {
                    lease.done(checked);
                }
                return self.decline(&error);
            }
        };
        let mut transaction = Transaction::opened(client, meter, (Door::Active, tenant));
        let steps = Duration::from_secs(STEPS_SECS_MAX);
        let Ok(outcome) = timeout(steps, work(&mut transaction)).await else {
            return self.leave(&DbError::Silent);
        };
        let intact = transaction.is_open();
        let ended = self.end(client, meter, intact && outcome.is_ok()).await;
        tracing::debug!(db.lag_ms = lag_ms, intact, "snapshot on the replica");
        match ended {
            Err(error @ (DbError::Silent | DbError::Unreachable(_))) => self.leave(&error),
            // The silo has gone, or the query was in the way of what is replayed.
            Err(error) => {
                lease.done(checked);
                self.decline(&error)
            }
            Ok(()) => {
                lease.done(checked);
                intact.then_some(outcome)
            }
        }
    }

    /// The check ahead of the transaction, so that its one snapshot is younger than what was checked.
    async fn begin(
        &self,
        client: &Client,
        checked: bool,
        at_least: u64,
        tenant: Tenant,
    ) -> (
        Result<i64, DbError>,
        Result<(), DbError>,
        Result<(), DbError>,
    ) {
        join3(
            self.check(client, at_least),
            batch::begin(client, Access::Snapshot, checked),
            batch::enter(client, Door::Active, tenant),
        )
        .await
    }

    /// Commits what went well, if the tenant is still where it was; rolls back what did not.
    async fn end(&self, client: &Client, meter: &Meter, well: bool) -> Result<(), DbError> {
        let end = async {
            match well {
                true => {
                    let place = client.execute_typed(CHECK_PLACE, &[]);
                    let (placed, committed) = join(place, batch::commit(client)).await;
                    placed?;
                    committed
                }
                false => Ok(client.batch_execute("ROLLBACK").await?),
            }
        };
        let ended = timeout(self.patience, meter.trip(end)).await;
        ended.unwrap_or(Err(DbError::Silent))
    }

    /// Leaves the work to the primary: the replica has not come so far, or does not know the tenant.
    /// Any other failure of its check is a reason to leave it alone.
    fn decline<T>(&self, error: &DbError) -> Option<T> {
        match error {
            DbError::Other(_) if !is_passing(error) => self.leave(error),
            DbError::Silent | DbError::Unreachable(_) | DbError::RoleNotHeld(_) => {
                self.leave(error)
            }
            _ => {
                tracing::debug!(error.causes = causes(error), "snapshot left to the primary");
                None
            }
        }
    }

    /// Leaves the replica alone for a while, and the work to the primary.
    fn leave<T>(&self, error: &DbError) -> Option<T> {
        self.rest(error);
        None
    }
}

/// Whether a failure is about this snapshot and not about the server.
fn is_passing(error: &DbError) -> bool {
    is_behind(error) || is(error, GONE)
}
