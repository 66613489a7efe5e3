//! Version 1 on the wire: flat objects; members it does not know are passed over. Frozen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::error::FieldError;
use shared::ids::{TenantId, UserId};

use crate::domain;

/// A sign-up. The tenant's name may also be sent as `tenant`.
#[derive(Deserialize)]
pub struct SignUp {
    #[serde(alias = "tenant")]
    tenant_name: String,
    name: String,
    email: String,
    password: String,
}

impl TryFrom<SignUp> for domain::SignUp {
    type Error = FieldError;

    fn try_from(body: SignUp) -> Result<Self, FieldError> {
        Self::new(&body.tenant_name, &body.name, &body.email, body.password)
    }
}

/// A login.
#[derive(Deserialize)]
pub struct LogIn {
    email: String,
    password: String,
    tenant_id: Option<TenantId>,
}

impl TryFrom<LogIn> for domain::LogIn {
    type Error = FieldError;

    fn try_from(body: LogIn) -> Result<Self, FieldError> {
        Self::new(&body.email, body.password, body.tenant_id)
    }
}

/// A refresh.
#[derive(Deserialize)]
pub struct Refresh {
    refresh_token: String,
}

impl From<Refresh> for domain::Refresh {
    fn from(body: Refresh) -> Self {
        Self(body.refresh_token)
    }
}

/// The caller.
#[derive(Serialize)]
pub struct Me {
    user_id: UserId,
    email: String,
    name: String,
    tenant_id: TenantId,
    role: &'static str,
    plan: String,
    limits: BTreeMap<&'static str, u32>,
}

impl From<domain::Me> for Me {
    fn from(me: domain::Me) -> Self {
        Self {
            user_id: me.user,
            email: me.email,
            name: me.name,
            tenant_id: me.tenant,
            role: me.role.as_str(),
            plan: me.plan,
            limits: me
                .quotas
                .iter()
                .map(|quota| (quota.name(), quota.limit()))
                .collect(),
        }
    }
}
