//! Removes what has served its time, in small statements that hold no lock for long.

use shared::db::{Database, DbError, Statement};
use shared::deadline::Deadline;

use crate::store;

/// Rows that one statement removes, at most.
const ROWS_MAX: i32 = 1_000;
/// Statements of one kind in one run, at most: what is left then waits for the next run.
const STATEMENTS_MAX: u32 = 10;

/// Removes events of a domain that were sent long ago.
pub async fn outbox(db: &Database, domain: &str, deadline: &Deadline) -> Result<u64, DbError> {
    repeat(db, deadline, || store::purge(domain, ROWS_MAX)).await
}

/// Removes stored answers of creating requests that nobody may ask for any more.
pub async fn idempotency(db: &Database, deadline: &Deadline) -> Result<u64, DbError> {
    repeat(db, deadline, || store::expire(ROWS_MAX)).await
}

async fn repeat(
    db: &Database,
    deadline: &Deadline,
    statement: impl Fn() -> Statement<i32>,
) -> Result<u64, DbError> {
    let mut removed = 0;
    for _ in 0..STATEMENTS_MAX {
        if deadline.near() {
            break;
        }
        let rows = db.without_tenant(statement()).await?;
        removed += u64::try_from(rows).unwrap_or(0);
        if rows < ROWS_MAX {
            break;
        }
    }
    Ok(removed)
}
