//! Removes tenants that have left: objects, counters, rows, silo. In steps, each of which may be
//! repeated, so that whoever is killed half-way is followed by a run that goes on.

use serde::Serialize;
use shared::deadline::Deadline;
use shared::error::causes;
use shared::ids::TenantId;
use shared::limits::Scope;
use shared::signing::SigningKey;
use shared::tenant::Tenant;
use tokio::sync::OnceCell;

use crate::certificate;
use crate::error::TenantsError;
use crate::{Tenants, store};

/// Tenants whose purge one run begins or goes on with, at most.
const TENANTS_MAX: i32 = 100;
/// Rows that one transaction removes, at most.
const ROWS_MAX: i32 = 1_000;

/// What a run has done.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Swept {
    /// Tenants that are gone now.
    purged: Vec<TenantId>,
    /// Tenants that a later run goes on with.
    unfinished: Vec<TenantId>,
}

impl Tenants {
    /// Purges the tenants whose time to stay is over, as far as the deadline allows.
    ///
    /// What fails for one keeps no other waiting, but the run ends in the first such error, so that
    /// it shows.
    pub(crate) async fn purge_due(&self, deadline: &Deadline) -> Result<Swept, TenantsError> {
        let mut swept = Swept::default();
        // Looked up when the first certificate is due, and not for each.
        let key = OnceCell::new();
        let mut failure = None;
        for tenant in self.db.without_tenant(store::due(TENANTS_MAX)).await? {
            let ended = match deadline.near() {
                true => Err(TenantsError::OutOfTime),
                false => self.purge(tenant, &key, deadline).await,
            };
            match ended {
                Ok(()) => swept.purged.push(tenant.id()),
                Err(TenantsError::OutOfTime) => swept.unfinished.push(tenant.id()),
                Err(error) => {
                    let causes = causes(&error);
                    tracing::error!(tenant.id = %tenant.id(), error.causes = causes, "purge failed");
                    failure.get_or_insert(error);
                }
            }
        }
        tracing::info!(
            purged = swept.purged.len(),
            unfinished = swept.unfinished.len(),
            "purge has run"
        );
        failure.map_or(Ok(swept), Err)
    }

    async fn purge(
        &self,
        tenant: Tenant,
        key: &OnceCell<SigningKey>,
        deadline: &Deadline,
    ) -> Result<(), TenantsError> {
        let (begun_at, found) = self.db.write(tenant, store::begin_purge()).await?;
        self.remove_objects(tenant, deadline).await?;
        let counters = self.limits.forget(&Scope::tenant(tenant.id())).await?;
        self.remove_rows(tenant, deadline).await?;
        let key = key.get_or_try_init(|| self.published_key()).await?;
        // What was found, and that nothing is left, which the database has yet to agree with.
        let now = self.clock.now();
        let certificate = certificate::sign(key, &self.issuer, tenant.id(), begun_at, now, &found)?;
        self.db
            .write(tenant, store::finish_purge(certificate))
            .await?;
        tracing::info!(tenant.id = %tenant.id(), counters, "tenant purged");
        Ok(())
    }

    async fn remove_objects(
        &self,
        tenant: Tenant,
        deadline: &Deadline,
    ) -> Result<(), TenantsError> {
        while self.storage.remove_some(tenant).await? > 0 {
            if deadline.near() {
                return Err(TenantsError::OutOfTime);
            }
        }
        Ok(())
    }

    async fn remove_rows(&self, tenant: Tenant, deadline: &Deadline) -> Result<(), TenantsError> {
        while let Some((table, rows)) = self.db.write(tenant, store::purge_rows(ROWS_MAX)).await? {
            tracing::debug!(tenant.id = %tenant.id(), table, rows, "rows removed");
            if deadline.near() {
                return Err(TenantsError::OutOfTime);
            }
        }
        Ok(())
    }

    /// The key, once it is one that everybody can look up.
    async fn published_key(&self) -> Result<SigningKey, TenantsError> {
        let key = SigningKey::from_pem(&self.signing_key)?;
        let published = self.db.without_tenant(store::public_keys()).await?;
        match published.iter().any(|kid| kid == key.kid()) {
            true => Ok(key),
            false => Err(TenantsError::KeyNotPublished),
        }
    }
}
