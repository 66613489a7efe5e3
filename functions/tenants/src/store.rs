//! Every statement of this function. Its role may call these functions and read no table.

use serde_json::Value;
use shared::db::Statement;
use shared::ids::TenantId;
use shared::tenant::Tenant;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::command::Standing;

shared::statements! {
    CHANGE_STATUS = "
SELECT status, leaves_at
FROM app.change_status($1, $2)";

    EXPORT_TABLES = "
SELECT name
FROM app.export_tables() AS name";

    EXPORT_ROWS = "
SELECT line, key
FROM app.export_rows($1, $2, $3)";

    EXPORT_ACCOUNTS = "
SELECT line, id
FROM auth.export_accounts($1, $2)";

    DUE = "
SELECT id
FROM app.due_purges($1) AS id";

    BEGIN_PURGE = "
SELECT begun_at, counted
FROM app.begin_purge()";

    PURGE_ROWS = "
SELECT name, removed
FROM app.purge_rows($1)";

    PUBLIC_KEYS = "
SELECT kid
FROM auth.public_keys()";

    FINISH_PURGE = "
SELECT app.finish_purge($1)";

    CERTIFICATE = "
SELECT app.purge_certificate($1) AS certificate";
}

/// A row as a line of JSON, and the key by which the next page begins.
pub(crate) struct Line<K> {
    pub(crate) text: String,
    pub(crate) key: K,
}

/// Takes a step in a tenant's life.
pub(crate) fn change_status(tenant: TenantId, step: &'static str) -> Statement<Standing> {
    Statement::new(CHANGE_STATUS)
        .bind(tenant)
        .bind(step)
        .one(|row| {
            Ok(Standing {
                status: row.try_get("status")?,
                leaves_at: row.try_get("leaves_at")?,
            })
        })
}

/// The tables that have rows of tenants.
pub(crate) fn export_tables() -> Statement<Vec<String>> {
    Statement::new(EXPORT_TABLES).many(|row| row.try_get("name"))
}

/// A page of a table's rows.
pub(crate) fn export_rows(
    table: &str,
    after: Option<Value>,
    rows_max: i32,
) -> Statement<Vec<Line<Value>>> {
    Statement::new(EXPORT_ROWS)
        .bind(table.to_owned())
        .bind(after)
        .bind(rows_max)
        .many(|row| {
            Ok(Line {
                text: row.try_get("line")?,
                key: row.try_get("key")?,
            })
        })
}

/// A page of the accounts that belong to the tenant.
pub(crate) fn export_accounts(after: Option<Uuid>, rows_max: i32) -> Statement<Vec<Line<Uuid>>> {
    Statement::new(EXPORT_ACCOUNTS)
        .bind(after)
        .bind(rows_max)
        .many(|row| {
            Ok(Line {
                text: row.try_get("line")?,
                key: row.try_get("id")?,
            })
        })
}

/// Tenants whose time to stay is over.
pub(crate) fn due(rows_max: i32) -> Statement<Vec<Tenant>> {
    Statement::new(DUE)
        .bind(rows_max)
        .many(|row| row.try_get("id").map(Tenant::vouched_for))
}

/// Begins a purge, or finds it begun: since when, and how many rows by table there were.
pub(crate) fn begin_purge() -> Statement<(OffsetDateTime, Value)> {
    Statement::new(BEGIN_PURGE).one(|row| Ok((row.try_get("begun_at")?, row.try_get("counted")?)))
}

/// Removes rows of one table: which, and how many. `None`: there is nothing left.
pub(crate) fn purge_rows(rows_max: i32) -> Statement<Option<(String, i64)>> {
    Statement::new(PURGE_ROWS)
        .bind(rows_max)
        .optional(|row| Ok((row.try_get("name")?, row.try_get("removed")?)))
}

/// The names of the keys that the issuer publishes.
pub(crate) fn public_keys() -> Statement<Vec<String>> {
    Statement::new(PUBLIC_KEYS).many(|row| row.try_get("kid"))
}

/// Ends a purge.
pub(crate) fn finish_purge(certificate: String) -> Statement<u64> {
    Statement::new(FINISH_PURGE).bind(certificate)
}

/// The certificate of a tenant that is gone.
pub(crate) fn certificate(tenant: TenantId) -> Statement<Option<String>> {
    Statement::new(CERTIFICATE)
        .bind(tenant)
        .one(|row| row.try_get("certificate"))
}
