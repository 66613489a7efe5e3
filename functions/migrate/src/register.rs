//! What the register of tenants says of one, and who may be at work on it.

use shared::ids::TenantId;
use tokio_postgres::Client;

use crate::MigrateError;

/// A tenant's line of the register.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    id: TenantId,
    status: String,
    /// Its silo; none for a tenant of the pool.
    pub(crate) silo_schema: Option<String>,
}

impl Registered {
    /// Refuses a tenant that is leaving: its rows are to be removed, and not to be moved.
    pub(crate) fn may_move(&self) -> Result<(), MigrateError> {
        match self.status.as_str() {
            "active" | "suspended" => Ok(()),
            _ => Err(MigrateError::TenantLeaving(self.id)),
        }
    }
}

/// Keeps others from the same tenant for as long as this connection lasts.
pub(crate) async fn hold(client: &Client, tenant: TenantId) -> Result<(), MigrateError> {
    let lock = "SELECT pg_advisory_lock(uuid_hash_extended($1, 4005))";
    client.execute(lock, &[&tenant]).await?;
    Ok(())
}

/// Looks a tenant up.
pub(crate) async fn find(client: &Client, tenant: TenantId) -> Result<Registered, MigrateError> {
    let find = "SELECT status, silo_schema FROM app.tenants WHERE id = $1";
    let Some(row) = client.query_opt(find, &[&tenant]).await? else {
        return Err(MigrateError::UnknownTenant(tenant));
    };
    Ok(Registered {
        id: tenant,
        status: row.try_get("status")?,
        silo_schema: row.try_get("silo_schema")?,
    })
}
