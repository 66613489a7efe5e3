//! Version 2 on the wire: unknown members are refused, and the caller comes apart into the person
//! and the tenant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::error::FieldError;
use shared::ids::{TenantId, UserId};

use crate::domain;

/// A tenant to be, with its owner.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateTenant {
    tenant_name: String,
    name: String,
    email: String,
    password: String,
}

impl TryFrom<CreateTenant> for domain::SignUp {
    type Error = FieldError;

    fn try_from(body: CreateTenant) -> Result<Self, FieldError> {
        Self::new(&body.tenant_name, &body.name, &body.email, body.password)
    }
}

/// A session to be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateSession {
    email: String,
    password: String,
    tenant_id: Option<TenantId>,
}

impl TryFrom<CreateSession> for domain::LogIn {
    type Error = FieldError;

    fn try_from(body: CreateSession) -> Result<Self, FieldError> {
        Self::new(&body.email, body.password, body.tenant_id)
    }
}

/// A session to go on with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshSession {
    refresh_token: String,
}

impl From<RefreshSession> for domain::Refresh {
    fn from(body: RefreshSession) -> Self {
        Self(body.refresh_token)
    }
}

/// The caller.
#[derive(Serialize)]
pub struct Me {
    user: User,
    tenant: Tenant,
}

#[derive(Serialize)]
struct User {
    id: UserId,
    email: String,
    name: String,
    role: &'static str,
}

#[derive(Serialize)]
struct Tenant {
    id: TenantId,
    plan: String,
    tier: String,
    limits: BTreeMap<&'static str, u32>,
}

impl From<domain::Me> for Me {
    fn from(me: domain::Me) -> Self {
        Self {
            user: User {
                id: me.user,
                email: me.email,
                name: me.name,
                role: me.role.as_str(),
            },
            tenant: Tenant {
                id: me.tenant,
                plan: me.plan,
                tier: me.tier,
                limits: me
                    .quotas
                    .iter()
                    .map(|quota| (quota.name(), quota.limit()))
                    .collect(),
            },
        }
    }
}
