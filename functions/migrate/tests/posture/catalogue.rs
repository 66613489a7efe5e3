//! What the catalogue says there is, so that no test has to list the tables.

use tokio_postgres::Client;

/// A table with a `tenant_id`.
#[derive(Debug, Clone)]
pub(crate) struct TenantTable {
    /// Schema and name, quoted.
    pub(crate) name: String,
    /// Whether the owner is held by the policy too.
    pub(crate) forced: bool,
}

/// Every table with a `tenant_id`, in the order of their names.
pub(crate) async fn tenant_tables(owner: &Client) -> Vec<TenantTable> {
    let rows = owner
        .query(
            "SELECT format('%I.%I', n.nspname, c.relname), c.relforcerowsecurity
               FROM pg_class AS c
               JOIN pg_namespace AS n ON n.oid = c.relnamespace
               JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
              WHERE c.relkind = 'r' AND NOT n.nspname ^@ 'pg_'
              ORDER BY 1",
            &[],
        )
        .await
        .unwrap();
    rows.iter()
        .map(|row| TenantTable {
            name: row.get(0),
            forced: row.get(1),
        })
        .collect()
}

/// The columns of `table` on which `service` has `privilege` and that can be written.
pub(crate) async fn columns(
    owner: &Client,
    service: &str,
    table: &str,
    privilege: &str,
) -> Vec<String> {
    let rows = owner
        .query(
            "SELECT quote_ident(attname) FROM pg_attribute
              WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped
                AND attgenerated = '' AND has_column_privilege($2, attrelid, attnum, $3)",
            &[&table, &format!("svc_{service}"), &privilege],
        )
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Whether `service` has `privilege` on the whole of `table`.
pub(crate) async fn may(owner: &Client, service: &str, table: &str, privilege: &str) -> bool {
    owner
        .query_one(
            "SELECT has_table_privilege($1, $2::text::regclass, $3)",
            &[&format!("svc_{service}"), &table, &privilege],
        )
        .await
        .unwrap()
        .get(0)
}
