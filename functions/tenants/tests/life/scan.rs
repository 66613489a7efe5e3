//! Looks for a tenant everywhere, row security aside.

use migrate::lint::{self, Strictness};
use tokio_postgres::Client;

use crate::world::{Resident, World};

/// Where a tenant that is gone still has its identity: the register, and the proof.
const TOMBSTONES: [&str; 2] = ["app.purges", "app.tenants"];

/// Every table with a `tenant_id`, in the order of their names.
pub(crate) async fn tenant_tables(owner: &Client) -> Vec<String> {
    let tables = "SELECT format('%I.%I', n.nspname, c.relname)
                    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
                   WHERE c.relkind = 'r' AND NOT n.nspname ^@ 'pg_' ORDER BY 1";
    names(owner, tables).await
}

async fn all_tables(owner: &Client) -> Vec<String> {
    let tables = "SELECT format('%I.%I', n.nspname, c.relname)
                    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                   WHERE c.relkind = 'r' AND NOT n.nspname ^@ 'pg_' AND n.nspname <> 'information_schema' ORDER BY 1";
    names(owner, tables).await
}

async fn names(owner: &Client, sql: &str) -> Vec<String> {
    let rows = owner.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

impl World {
    /// The tables in which a tenant's identity, its owner's, or its word can be found, and its silo.
    pub(crate) async fn traces(&self, resident: Resident) -> Vec<String> {
        let looker = self.database.owner().await;
        let mut found = Vec::new();
        for table in all_tables(&looker).await {
            // Taken back at the end: the owner of a table that is not forced sees all of it.
            let look = match table.starts_with("public.") {
                true => "BEGIN".to_owned(),
                false => format!(
                    "BEGIN; SET LOCAL ROLE app_owner; ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"
                ),
            };
            looker.batch_execute(&look).await.unwrap();
            // Stored answers are bytes, which show as hexadecimal digits.
            let count = format!(
                "SELECT count(*) FROM {table} AS t
                  WHERE t::text ~ ($1 || '|' || replace($1, '-', '') || '|' || $2 || '|' || $3 || '|'
                                   || encode(convert_to($3, 'UTF8'), 'hex'))"
            );
            let (tenant, user) = (resident.tenant.id().to_string(), resident.user.to_string());
            let row = looker
                .query_one(&count, &[&tenant, &user, &resident.word])
                .await
                .unwrap();
            looker.batch_execute("ROLLBACK").await.unwrap();
            if row.get::<_, i64>(0) > 0 && !TOMBSTONES.contains(&table.as_str()) {
                found.push(table);
            }
        }
        let silo = format!("t_{}", resident.tenant.id().as_uuid().simple());
        let schema = "SELECT FROM pg_namespace WHERE nspname = $1";
        if looker.execute(schema, &[&silo]).await.unwrap() > 0 {
            found.push(silo);
        }
        found
    }

    /// Whether a table of tenants has a row of this one.
    pub(crate) async fn has_rows(&self, resident: Resident) -> bool {
        let tables = tenant_tables(&self.owner).await;
        let traces = self.traces(resident).await;
        traces.iter().any(|trace| tables.contains(trace))
    }

    /// Everything that the linter insists on, in words; empty is good.
    pub(crate) async fn holes(&self) -> Vec<String> {
        let mut owner = self.database.owner().await;
        let transaction = owner.transaction().await.unwrap();
        let findings = lint::findings(&transaction).await.unwrap();
        findings
            .iter()
            .filter(|finding| finding.is_refused(Strictness::Advising))
            .map(ToString::to_string)
            .collect()
    }
}
