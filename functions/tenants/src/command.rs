//! What an operator asks for, and what the schedule does.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::deadline::Deadline;
use shared::ids::TenantId;
use shared::tenant::Tenant;
use time::OffsetDateTime;

use crate::error::TenantsError;
use crate::{Tenants, store};

/// What marks an event of the schedule (Amazon `EventBridge`).
const SCHEDULED: &str = "detail-type";

/// An operator's command about one tenant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    command: Command,
    tenant_id: TenantId,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Command {
    Suspend,
    Resume,
    Offboard,
    CancelOffboarding,
    Export,
    Certificate,
}

/// Where a tenant is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Standing {
    pub(crate) status: String,
    #[serde(
        serialize_with = "time::serde::rfc3339::option::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) leaves_at: Option<OffsetDateTime>,
}

impl Tenants {
    /// Carries out an operator's command, or what is due when the schedule asks.
    ///
    /// A command: `{"command": …, "tenant_id": …}` with `suspend`, `resume`, `offboard`,
    /// `cancel_offboarding`, `export` or `certificate`. Each may be repeated.
    pub async fn handle(&self, event: Value, deadline: &Deadline) -> Result<Value, TenantsError> {
        if event.get(SCHEDULED).is_some() {
            let swept = self.purge_due(deadline).await?;
            return Ok(serde_json::to_value(swept)?);
        }
        let request: Request = serde_json::from_value(event)?;
        let tenant = Tenant::vouched_for(request.tenant_id);
        let answer = match request.command {
            Command::Suspend => self.step(tenant, "suspend").await?,
            Command::Resume => self.step(tenant, "resume").await?,
            Command::Offboard => self.step(tenant, "offboard").await?,
            Command::CancelOffboarding => self.step(tenant, "cancel_offboarding").await?,
            Command::Export => serde_json::to_value(self.export(tenant, deadline).await?)?,
            Command::Certificate => {
                let certificate = store::certificate(tenant.id());
                let certificate = self.db.without_tenant(certificate).await?;
                certificate
                    .map(Value::String)
                    .ok_or(TenantsError::NotPurged)?
            }
        };
        Ok(answer)
    }

    async fn step(&self, tenant: Tenant, step: &'static str) -> Result<Value, TenantsError> {
        let change = store::change_status(tenant.id(), step);
        let standing = self.db.without_tenant(change).await?;
        tracing::info!(tenant.id = %tenant.id(), step, status = standing.status, "tenant's status");
        Ok(serde_json::to_value(standing)?)
    }
}
