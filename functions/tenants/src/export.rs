//! Hands out everything a tenant has in the database: a file of JSON lines for each table, and a
//! manifest with the digest of each.
//!
//! All of it is read in one snapshot, inside the tenant. An export that is interrupted is begun
//! anew under another identity, and its objects expire as reports do.

use serde::Serialize;
use serde_json::Value;
use shared::clock::rfc3339;
use shared::db::{Access, Transaction};
use shared::deadline::Deadline;
use shared::hex::sha256;
use shared::ids::TenantId;
use shared::storage::ObjectKey;
use shared::tenant::Tenant;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Tenants;
use crate::error::TenantsError;
use crate::ndjson::{Table, Writer};
use crate::store::{self, Line};

/// Rows that one statement reads, at most.
const ROWS_MAX: i32 = 200;
/// The accounts of the tenant's members stand in a table that is no tenant's.
const ACCOUNTS: &str = "auth.users";

/// What was handed out.
#[derive(Debug, Serialize)]
struct Manifest<'a> {
    export_id: Uuid,
    tenant_id: TenantId,
    #[serde(serialize_with = "rfc3339")]
    made_at: OffsetDateTime,
    tables: &'a [Table],
}

/// Where it is.
#[derive(Debug, Serialize)]
pub(crate) struct Exported {
    export_id: Uuid,
    /// The manifest's key in the bucket.
    manifest: String,
    /// The manifest's SHA-256.
    sha256: String,
    /// A link to the manifest, good for [`shared::storage::LINK_SECS`].
    link: String,
}

impl Tenants {
    /// Writes a tenant's rows to the bucket.
    pub(crate) async fn export(
        &self,
        tenant: Tenant,
        deadline: &Deadline,
    ) -> Result<Exported, TenantsError> {
        let export = Uuid::now_v7();
        let made_at = self.clock.now();
        let work = async |transaction: &mut Transaction<'_>| {
            self.tables(tenant, export, deadline, transaction).await
        };
        let tables = self.db.transaction(tenant, Access::Snapshot, work).await?;
        let manifest = Manifest {
            export_id: export,
            tenant_id: tenant.id(),
            made_at,
            tables: &tables,
        };
        let manifest = serde_json::to_vec_pretty(&manifest)?;
        let key = ObjectKey::Manifest { tenant, export };
        let sha256 = sha256(&manifest);
        self.storage.put(&key, manifest).await?;
        tracing::info!(tenant.id = %tenant.id(), export.id = %export, "tenant exported");
        Ok(Exported {
            export_id: export,
            manifest: key.to_string(),
            sha256,
            link: self.storage.link(&key).await?,
        })
    }

    async fn tables(
        &self,
        tenant: Tenant,
        export: Uuid,
        deadline: &Deadline,
        transaction: &mut Transaction<'_>,
    ) -> Result<Vec<Table>, TenantsError> {
        let names = transaction.run(store::export_tables()).await?;
        let mut tables = Vec::with_capacity(names.len() + 1);
        for name in names {
            let mut writer = Writer::new(&self.storage, tenant, export, name.clone());
            let mut after: Option<Value> = None;
            loop {
                let rows = store::export_rows(&name, after.clone(), ROWS_MAX);
                let rows = transaction.run(rows).await?;
                match write(&mut writer, rows, deadline).await? {
                    Some(key) => after = Some(key),
                    None => break,
                }
            }
            tables.push(writer.finish().await?);
        }
        let mut writer = Writer::new(&self.storage, tenant, export, ACCOUNTS.to_owned());
        let mut after: Option<Uuid> = None;
        loop {
            let rows = transaction
                .run(store::export_accounts(after, ROWS_MAX))
                .await?;
            match write(&mut writer, rows, deadline).await? {
                Some(key) => after = Some(key),
                None => break,
            }
        }
        tables.push(writer.finish().await?);
        Ok(tables)
    }
}

/// Writes a page; answers the key after which the next one begins.
async fn write<K>(
    writer: &mut Writer<'_>,
    rows: Vec<Line<K>>,
    deadline: &Deadline,
) -> Result<Option<K>, TenantsError> {
    if deadline.near() {
        return Err(TenantsError::OutOfTime);
    }
    let mut last = None;
    for row in rows {
        writer.line(&row.text);
        last = Some(row.key);
    }
    writer.store_full().await?;
    Ok(last)
}
