//! What happens to reports by the clock: schedules order them, parked ones that nobody woke are woken,
//! and documents go when their time is over.

use std::sync::{Arc, Mutex, PoisonError};

use shared::db::{Database, DbError, Statement};
use shared::deadline::Deadline;
use shared::storage::{Storage, StorageError};
use uuid::Uuid;

use crate::counts::Tally;
use crate::store;

/// Rows that one statement changes, at most, and objects that one request removes.
const ROWS_MAX: i32 = 500;
/// Statements of one kind at a time, at most: what is left then waits for the next time.
const STATEMENTS_MAX: u32 = 20;
/// Tenants whose forgotten reports are looked after at a time, at most: the next time begins after them.
const TENANTS_MAX: u32 = 1_000;
/// How long a report has been parked before its waker is taken for dead, in seconds.
const PARKED_SECS: i32 = 15;

/// The last tenant whose forgotten reports were looked after, none at the end of a turn. It is kept from
/// run to run for as long as the process is.
#[derive(Debug, Clone, Default)]
pub struct Cursor(Arc<Mutex<Option<Uuid>>>);

impl Cursor {
    fn get(&self) -> Option<Uuid> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, tenant: Option<Uuid>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = tenant;
    }
}

/// Documents that are not gone yet.
#[derive(Debug, thiserror::Error)]
pub enum RemovalError {
    /// The bucket did not remove them.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The database does not say which, or did not hear of it.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Does all of it; `documents` are in a bucket, for so many days. What fails is tried again the next
/// time.
pub(crate) async fn all(
    db: &Database,
    documents: (&Storage, i32),
    woken_to: &Cursor,
    deadline: &Deadline,
    tally: &mut Tally,
) {
    let (bucket, keep_days) = documents;
    match fire(db, deadline).await {
        Ok(fired) => tally.counts.fired += fired,
        Err(error) => tally.fail("fire schedules", "reports", error),
    }
    match wake(db, woken_to, TENANTS_MAX, deadline).await {
        Ok(woken) => tally.counts.woken += woken,
        Err(error) => tally.fail("wake parked reports", "reports", error),
    }
    match retire(db, keep_days, deadline).await {
        Ok(retired) => tally.counts.retired += retired,
        Err(error) => tally.fail("retire documents", "reports", error),
    }
    match remove(db, bucket, deadline).await {
        Ok(removed) => tally.counts.removed += removed,
        Err(RemovalError::Database(error)) => tally.fail("remove documents", "reports", error),
        Err(RemovalError::Storage(error)) => {
            tracing::error!(error = %error, "documents not removed");
            tally.counts.failed += 1;
        }
    }
}

/// Orders what is due by schedule; answers how many reports.
pub async fn fire(db: &Database, deadline: &Deadline) -> Result<u64, DbError> {
    repeat(db, deadline, || store::fire(ROWS_MAX)).await
}

/// Ends the time of documents; answers how many.
pub async fn retire(db: &Database, keep_days: i32, deadline: &Deadline) -> Result<u64, DbError> {
    repeat(db, deadline, || store::retire(keep_days, ROWS_MAX)).await
}

/// Wakes reports that nobody looks after, tenant by tenant, `tenants_max` of them at most, from where
/// the last turn was left; answers how many reports.
pub async fn wake(
    db: &Database,
    woken_to: &Cursor,
    tenants_max: u32,
    deadline: &Deadline,
) -> Result<u64, DbError> {
    let mut woken = 0;
    for _ in 0..tenants_max {
        if deadline.near() {
            break;
        }
        let wake = store::wake(woken_to.get(), PARKED_SECS);
        let Some((tenant, reports)) = db.without_tenant(wake).await? else {
            woken_to.set(None);
            break;
        };
        woken += u64::try_from(reports).unwrap_or(0);
        woken_to.set(Some(tenant));
    }
    Ok(woken)
}

/// Removes documents whose time is over; answers how many.
///
/// A report names its document until that is gone, so a removal that was cut off is done again.
pub async fn remove(
    db: &Database,
    documents: &Storage,
    deadline: &Deadline,
) -> Result<u64, RemovalError> {
    let mut removed = 0;
    for _ in 0..STATEMENTS_MAX {
        if deadline.near() {
            break;
        }
        let found = db.without_tenant(store::removable(ROWS_MAX)).await?;
        if found.is_empty() {
            break;
        }
        let keys: Vec<_> = found.iter().map(|document| document.key.clone()).collect();
        documents.remove(&keys).await?;
        let pairs = found
            .iter()
            .map(|document| (document.tenant, document.report));
        let (tenants, reports) = pairs.unzip();
        let rows = db.without_tenant(store::removed(tenants, reports)).await?;
        removed += u64::try_from(rows).unwrap_or(0);
    }
    Ok(removed)
}

async fn repeat(
    db: &Database,
    deadline: &Deadline,
    statement: impl Fn() -> Statement<i32>,
) -> Result<u64, DbError> {
    let mut changed = 0;
    for _ in 0..STATEMENTS_MAX {
        if deadline.near() {
            break;
        }
        let rows = db.without_tenant(statement()).await?;
        changed += u64::try_from(rows).unwrap_or(0);
        if rows < ROWS_MAX {
            break;
        }
    }
    Ok(changed)
}
