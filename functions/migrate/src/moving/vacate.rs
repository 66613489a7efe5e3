//! Removing a moved tenant's rows from where they were.

use shared::deadline::Deadline;
use shared::ids::TenantId;
use tokio_postgres::{Client, Transaction};

use super::Place;
use super::tables::{self, SiloTable};
use crate::MigrateError;
use crate::session::patiently;

/// What `app.vacated` says for the pool.
const POOL: &str = "pool";
/// How many rows are removed in one transaction.
const BATCH_ROWS: u64 = 5_000;
/// How long a lock is waited for, in seconds.
const LOCK_WAIT_SECS: u32 = 2;
/// How long a transaction whose runner fell silent is kept open, in seconds.
const SILENCE_SECS: u32 = 30;

/// The place that a tenant has left and that is not cleared yet.
pub(super) async fn place_of(
    client: &Client,
    tenant: TenantId,
) -> Result<Option<String>, MigrateError> {
    let find = "SELECT place FROM app.vacated WHERE tenant = $1";
    let row = client.query_opt(find, &[&tenant]).await?;
    Ok(row.map(|row| row.try_get("place")).transpose()?)
}

/// All tenants that have left a place which is not cleared yet.
pub(super) async fn tenants(client: &Client) -> Result<Vec<TenantId>, MigrateError> {
    let find = "SELECT tenant FROM app.vacated ORDER BY since";
    let rows = client.query(find, &[]).await?;
    let tenants: Result<Vec<_>, _> = rows.iter().map(|row| row.try_get("tenant")).collect();
    Ok(tenants?)
}

/// Removes what a tenant has at the place that it left: rows from the pool a batch at a time, a
/// silo as a whole. What was removed stays removed if this ends early.
pub(super) async fn clear(
    client: &mut Client,
    tenant: TenantId,
    place: &str,
    deadline: &Deadline,
) -> Result<(), MigrateError> {
    if place == POOL {
        let schema = crate::register::find(client, tenant).await?.silo_schema;
        let schema = schema.ok_or(MigrateError::StillThere(tenant))?;
        // Those that point at others first.
        for table in tables::read(client, &schema).await?.iter().rev() {
            let mut removed = BATCH_ROWS;
            while removed == BATCH_ROWS {
                if deadline.near() {
                    return Err(MigrateError::OutOfTime);
                }
                patiently("vacate", async || {
                    removed = remove(client, tenant, table).await?;
                    Ok(())
                })
                .await?;
            }
        }
    }
    patiently("vacate", async || close(client, tenant, place).await).await
}

/// A transaction that goes on only if the tenant is somewhere else.
async fn begin<'a>(
    client: &'a mut Client,
    tenant: TenantId,
    place: &str,
) -> Result<Transaction<'a>, MigrateError> {
    let transaction = client.transaction().await?;
    transaction
        .batch_execute(&format!(
            "SET LOCAL lock_timeout = '{LOCK_WAIT_SECS}s';
             SET LOCAL idle_in_transaction_session_timeout = '{SILENCE_SECS}s';
             SET LOCAL search_path = pg_catalog;
             SET LOCAL ROLE app_owner"
        ))
        .await?;
    let elsewhere = "SELECT FROM app.tenants AS t
                      WHERE t.id = $1 AND coalesce(t.silo_schema, 'pool') <> $2 FOR SHARE";
    match transaction.execute(elsewhere, &[&tenant, &place]).await? {
        1 => Ok(transaction),
        _ => Err(MigrateError::StillThere(tenant)),
    }
}

async fn remove(
    client: &mut Client,
    tenant: TenantId,
    table: &SiloTable,
) -> Result<u64, MigrateError> {
    let transaction = begin(client, tenant, POOL).await?;
    transaction
        .execute(
            "SELECT set_config('app.current_tenant', $1::uuid::text, true)",
            &[&tenant],
        )
        .await?;
    let pool = table.at(Place::Pool);
    let delete = format!(
        "DELETE FROM {pool} WHERE ctid = ANY (ARRAY(SELECT c.ctid FROM {pool} AS c LIMIT {BATCH_ROWS}))"
    );
    let removed = transaction.execute(&delete, &[]).await?;
    transaction.commit().await?;
    Ok(removed)
}

/// The last step: a silo goes with its tables, and the register forgets the place.
async fn close(client: &mut Client, tenant: TenantId, place: &str) -> Result<(), MigrateError> {
    let transaction = begin(client, tenant, place).await?;
    if place != POOL {
        // The register's check admits only names that need no quotes.
        let drop = format!("DROP SCHEMA IF EXISTS {place} CASCADE");
        transaction.batch_execute(&drop).await?;
        let forget = "DELETE FROM app.silo_migrations WHERE silo_schema = $1";
        transaction.execute(forget, &[&place]).await?;
    }
    let forget = "DELETE FROM app.vacated WHERE tenant = $1 AND place = $2";
    transaction.execute(forget, &[&tenant, &place]).await?;
    transaction.commit().await?;
    tracing::info!(tenant.id = %tenant, place, "old place cleared");
    Ok(())
}
