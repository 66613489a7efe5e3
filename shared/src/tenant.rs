//! Who is calling: the tenant and the person, as the authorizer vouches for them.

use std::collections::HashMap;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use serde_json::Value;

use crate::error::ApiError;
use crate::ids::{SessionId, TenantId, UserId};
use crate::quota::Quotas;

/// A tenant that somebody entitled to do so has vouched for.
///
/// Only this type opens a tenant's rows. It comes out of the authorizer's context, out of a
/// message on one of our own queues, or out of [`Tenant::vouched_for`], whose few callers are
/// listed in the architecture test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tenant(TenantId);

impl Tenant {
    /// Vouches for a tenant. For code that has itself verified a credential or founded the tenant.
    pub fn vouched_for(id: TenantId) -> Self {
        Self(id)
    }

    /// Its identity.
    pub fn id(self) -> TenantId {
        self.0
    }
}

/// What a member of a tenant may do. Ordered: each role may do what the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Works with the tenant's data.
    Member,
    /// Also manages people, settings and the plan.
    Admin,
    /// Also decides on the tenant's end.
    Owner,
}

impl Role {
    /// The word used in tokens and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

/// A word that is not a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown role")]
pub struct RoleError;

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        match text {
            "member" => Ok(Self::Member),
            "admin" => Ok(Self::Admin),
            "owner" => Ok(Self::Owner),
            _ => Err(RoleError),
        }
    }
}

/// The caller of a request, as the authorizer vouches for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantContext {
    /// The tenant whose rows this request may touch.
    pub tenant: Tenant,
    /// The person.
    pub user: UserId,
    /// The login.
    pub session: SessionId,
    /// What the person may do.
    pub role: Role,
    /// The isolation and service the tenant gets: `pool` or `silo`.
    pub tier: String,
    /// What billing sold it.
    pub plan: String,
    /// How much it may ask for.
    pub quotas: Quotas,
}

impl TenantContext {
    /// Reads the authorizer's context. No header, path or body can stand in for it.
    pub fn from_authorizer(parts: &Parts) -> Result<Self, ApiError> {
        let Some(RequestContext::ApiGatewayV2(context)) = parts.request_context_ref() else {
            return Err(ApiError::unauthenticated("missing_credentials"));
        };
        let Some(authorizer) = &context.authorizer else {
            return Err(ApiError::unauthenticated("missing_credentials"));
        };
        refuse_denied(&authorizer.fields)?;
        Self::read(&authorizer.fields)
            .ok_or_else(|| ApiError::unauthenticated("missing_credentials"))
    }

    fn read(fields: &HashMap<String, Value>) -> Option<Self> {
        Some(Self {
            tenant: Tenant(parse(fields, "tenant_id")?),
            user: parse(fields, "user_id")?,
            session: parse(fields, "session_id")?,
            role: parse(fields, "role")?,
            tier: parse(fields, "tier")?,
            plan: parse(fields, "plan")?,
            quotas: parse(fields, "limits")?,
        })
    }

    /// Refuses a caller below `role` with 403.
    pub fn require(&self, role: Role) -> Result<(), ApiError> {
        if self.role >= role {
            return Ok(());
        }
        let detail = format!("this needs the role {}", role.as_str());
        Err(ApiError::forbidden("insufficient_role", detail))
    }
}

/// An HTTP API cannot make a 401 out of an authorizer's refusal, so the authorizer lets the call
/// through with the reason as its whole context, and it is refused here.
fn refuse_denied(fields: &HashMap<String, Value>) -> Result<(), ApiError> {
    let Some(denied) = fields.get("denied") else {
        return Ok(());
    };
    match denied.as_str() {
        Some("tenant_suspended") => Err(ApiError::forbidden(
            "tenant_suspended",
            "the tenant is suspended",
        )),
        Some("tenant_leaving") => Err(ApiError::forbidden(
            "tenant_leaving",
            "the tenant is being closed",
        )),
        Some("expired_token") => Err(ApiError::unauthenticated("expired_token")),
        Some("revoked_session") => Err(ApiError::unauthenticated("revoked_session")),
        _ => Err(ApiError::unauthenticated("invalid_token")),
    }
}

fn parse<T: FromStr>(fields: &HashMap<String, Value>, name: &str) -> Option<T> {
    fields.get(name)?.as_str()?.parse().ok()
}

impl<S: Sync> FromRequestParts<S> for TenantContext {
    type Rejection = ApiError;

    /// What the pipeline's tenant step left behind; a route outside it has no tenant to extract.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts
            .extensions
            .get()
            .cloned()
            .ok_or_else(|| ApiError::unauthenticated("missing_credentials"))
    }
}
