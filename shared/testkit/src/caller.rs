//! Who makes a call, as the authorizer would put it.

use serde_json::{Value, json};
use shared::ids::{SessionId, UserId};
use shared::tenant::{Role, Tenant};

/// A caller whose credentials the authorizer has accepted.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The tenant.
    pub tenant: Tenant,
    /// The person.
    pub user: UserId,
    /// The login.
    pub session: SessionId,
    /// What the person may do.
    pub role: Role,
    /// The plan.
    pub plan: &'static str,
    /// The quotas, in the authorizer's own writing.
    pub limits: String,
}

impl Caller {
    /// The owner of a tenant, with quotas that no test reaches by accident.
    pub fn owner(tenant: Tenant) -> Self {
        Self {
            tenant,
            user: UserId::new(),
            session: SessionId::new(),
            role: Role::Owner,
            plan: "free",
            limits: "minute=10000,day=1000000".to_owned(),
        }
    }

    /// The same person in another role.
    #[must_use]
    pub fn with_role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// The same person with other quotas.
    #[must_use]
    pub fn with_limits(mut self, limits: &str) -> Self {
        limits.clone_into(&mut self.limits);
        self
    }

    /// The authorizer's context: every value is a string.
    pub fn context(&self) -> Value {
        json!({
            "tenant_id": self.tenant.id().to_string(),
            "user_id": self.user.to_string(),
            "session_id": self.session.to_string(),
            "role": self.role.as_str(),
            "tier": "pool",
            "plan": self.plan,
            "limits": self.limits,
        })
    }
}
