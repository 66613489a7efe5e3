//! What a batch begins and ends with.
//!
//! Each is sent when first polled, so joined futures form one batch in the order of the join.

use futures_util::future::join;
use tokio_postgres::Client;
use tokio_postgres::types::{PgLsn, ToSql, Type};

use super::door::Door;
use super::error::DbError;
use crate::tenant::Tenant;

/// Fails, and the rest of the transaction with it, for a role that row-level security does not hold.
pub(super) const CHECK_ROLE: &str = "-- shared::db::CHECK_ROLE\nSELECT app.check_role()";

/// The end of the write-ahead log: whoever has replayed so far has all that was committed before.
pub(super) const POSITION: &str = "-- shared::db::POSITION\nSELECT pg_current_wal_insert_lsn()";

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
    fn begin(self) -> &'static str {
        match self {
            Self::Read => "BEGIN READ ONLY",
            Self::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Write => "BEGIN",
        }
    }
}

/// Begins a transaction, and on a connection whose role has not been `checked` asks whether it may
/// serve: a refusal fails everything after it.
pub(super) async fn begin(client: &Client, access: Access, checked: bool) -> Result<(), DbError> {
    let check = async {
        match checked {
            true => Ok(0),
            false => client.execute_typed(CHECK_ROLE, &[]).await,
        }
    };
    let (began, held) = join(client.batch_execute(access.begin()), check).await;
    began?;
    held?;
    Ok(())
}

/// Makes the transaction the tenant's.
pub(super) async fn enter(client: &Client, door: Door, tenant: Tenant) -> Result<(), DbError> {
    let id = tenant.id();
    let parameter: [(&(dyn ToSql + Sync), Type); 1] = [(&id, Type::UUID)];
    client.execute_typed(door.enter(), &parameter).await?;
    Ok(())
}

/// Ends a transaction. Ok even where it had failed and nothing was kept.
pub(super) async fn commit(client: &Client) -> Result<(), DbError> {
    Ok(client.batch_execute("COMMIT").await?)
}

/// Where the log ends after a commit, if that is `wanted`. What was committed is committed, so a
/// failure is only logged.
pub(super) async fn position(client: &Client, wanted: bool) -> Option<u64> {
    if !wanted {
        return None;
    }
    let asked = client.query_typed(POSITION, &[]).await;
    let position = asked.and_then(|rows| {
        let row = rows.first();
        row.map(|row| row.try_get::<_, PgLsn>(0)).transpose()
    });
    position
        .inspect_err(|error| tracing::warn!(error = %error, "no write position"))
        .ok()
        .flatten()
        .map(u64::from)
}
