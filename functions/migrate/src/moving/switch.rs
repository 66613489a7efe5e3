//! The one transaction in which a tenant changes its place.

use shared::ids::TenantId;
use tokio_postgres::{Client, Transaction};

use super::Place;
use super::tables::{self, SiloTable};
use crate::MigrateError;

/// How long writers who are at work already are waited for, in seconds. Others are refused
/// meanwhile, so what does not end in time is tried again later.
const DRAIN_SECS_MAX: u32 = 2;
/// How long one statement may take, in seconds: a tenant whose table takes longer to copy stays
/// where it is.
const COPY_SECS_MAX: u32 = 120;
/// How long the tenant's writers are refused for a mover who fell silent, in seconds.
const SILENCE_SECS: u32 = 5;

/// What a place holds of a table: rows, and a sum over their contents in any order.
#[derive(Debug, PartialEq, Eq)]
struct Contents {
    rows: i64,
    sum: String,
}

/// Copies a tenant's rows to `to`, compares them, and has the register say so; answers how many.
///
/// All of it happens or nothing: on any difference, and when the connection ends, everything is as
/// before, and writers are let in again.
pub(super) async fn run(
    client: &mut Client,
    tenant: TenantId,
    to: Place,
    schema: &str,
) -> Result<i64, MigrateError> {
    let tables = tables::read(client, schema).await?;
    let transaction = client.transaction().await?;
    transaction
        .batch_execute(&format!(
            "SET LOCAL lock_timeout = '{DRAIN_SECS_MAX}s';
             SET LOCAL statement_timeout = '{COPY_SECS_MAX}s';
             SET LOCAL idle_in_transaction_session_timeout = '{SILENCE_SECS}s';
             SET LOCAL client_connection_check_interval = '1s';
             SET LOCAL search_path = pg_catalog;
             SET LOCAL ROLE app_owner"
        ))
        .await?;
    // From here on app.enter refuses writers, and once it is had there is none.
    transaction
        .execute(
            "SELECT pg_advisory_xact_lock(app.write_lock($1))",
            &[&tenant],
        )
        .await?;
    // Not app.enter: it would refuse us, too, and a suspended tenant's rows can be moved.
    transaction
        .execute(
            "SELECT set_config('app.current_tenant', $1::uuid::text, true)",
            &[&tenant],
        )
        .await?;
    let mut rows = 0;
    for table in &tables {
        rows += copy(&transaction, tenant, table, to).await?;
    }
    let register = "
WITH moved AS (
  UPDATE app.tenants AS t SET tier = $2, silo_schema = $3, updated_at = now()
   WHERE t.id = $1 AND t.status IN ('active', 'suspended') AND t.tier <> $2
  RETURNING t.id
)
INSERT INTO app.vacated (tenant, place) SELECT m.id, $4 FROM moved AS m";
    let (tier, silo_schema, left) = match to {
        Place::Pool => ("pool", None, schema),
        Place::Silo => ("silo", Some(schema), "pool"),
    };
    match transaction
        .execute(register, &[&tenant, &tier, &silo_schema, &left])
        .await?
    {
        1 => transaction.commit().await?,
        _ => return Err(MigrateError::TenantLeaving(tenant)),
    }
    Ok(rows)
}

/// Copies one table, and refuses a copy that is not the same.
async fn copy(
    transaction: &Transaction<'_>,
    tenant: TenantId,
    table: &SiloTable,
    to: Place,
) -> Result<i64, MigrateError> {
    let from = match to {
        Place::Pool => Place::Silo,
        Place::Silo => Place::Pool,
    };
    let (source, target, columns) = (table.at(from), table.at(to), &table.columns);
    if contents(transaction, table, to).await?.rows > 0 {
        return Err(MigrateError::Unmovable(
            target.to_owned(),
            "has rows already".to_owned(),
        ));
    }
    transaction
        .execute(
            &format!(
                "INSERT INTO {target} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {source}"
            ),
            &[],
        )
        .await?;
    let (before, after) = (
        contents(transaction, table, from).await?,
        contents(transaction, table, to).await?,
    );
    if before != after {
        return Err(MigrateError::Differs(format!(
            "{source}: {before:?}, {target}: {after:?}"
        )));
    }
    if table.tallied {
        let tallies = table.tallies_at(to);
        let sum = format!(
            "SELECT coalesce(sum(t.rows), 0)::bigint FROM {tallies} AS t
              WHERE t.tenant_id = $1 AND t.table_name = $2"
        );
        let row = transaction.query_one(&sum, &[&tenant, &table.name]).await?;
        let tallied: i64 = row.try_get(0)?;
        if tallied != after.rows {
            return Err(MigrateError::Differs(format!(
                "{tallies}: {tallied}, {target}: {after:?}"
            )));
        }
    }
    Ok(after.rows)
}

/// What the entered tenant has of a table, as the policies show it.
async fn contents(
    transaction: &Transaction<'_>,
    table: &SiloTable,
    place: Place,
) -> Result<Contents, MigrateError> {
    let (at, columns) = (table.at(place), &table.columns);
    let sql = format!(
        "SELECT count(*) AS rows, coalesce(sum(hashtextextended(ROW({columns})::text, 0)::numeric), 0)::text AS sum
           FROM {at}"
    );
    let row = transaction.query_one(&sql, &[]).await?;
    Ok(Contents {
        rows: row.try_get("rows")?,
        sum: row.try_get("sum")?,
    })
}
