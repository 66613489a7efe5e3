//! What the gateway asks and what it is told.
//!
//! A request authorizer's event in payload format 2.0, and the simple response
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>).

use serde::{Deserialize, Serialize};
use shared::ids::{SessionId, TenantId, UserId};

/// What the gateway asks. Of all that it sends, only what is used here has to be well-formed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The values of the authorizer's identity sources, here of `Authorization`: the very text
    /// that the gateway caches the answer under.
    #[serde(default)]
    pub identity_source: Option<Vec<String>>,
    /// Where the request came in.
    #[serde(default)]
    pub request_context: RequestContext,
}

/// Where a request came in, for its record.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestContext {
    /// The gateway's number for the request.
    #[serde(default)]
    pub request_id: String,
    /// The stage, which is the version.
    #[serde(default)]
    pub stage: String,
}

/// What the gateway is told.
///
/// Always that it is authorized: an HTTP API turns a refusal into 403 whatever its reason. The
/// function behind it answers 401 or 403 itself when the context says [`Context::Denied`], in the
/// form of its version.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    is_authorized: bool,
    context: Context,
}

impl From<Context> for Response {
    fn from(context: Context) -> Self {
        Self {
            is_authorized: true,
            context,
        }
    }
}

/// What the function behind the gateway gets to know about the caller.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Context {
    /// Who it is.
    Caller(Box<Caller>),
    /// That it is nobody.
    Denied {
        /// Why.
        denied: Denial,
    },
}

/// Who is calling. Each value is a text: the gateway hands on nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Caller {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The person.
    pub user_id: UserId,
    /// Their login.
    pub session_id: SessionId,
    /// What they may do.
    pub role: String,
    /// The isolation and service the tenant gets.
    pub tier: String,
    /// What billing sold the tenant.
    pub plan: String,
    /// How much the tenant may ask for, as [`shared::quota::Quotas`] reads it.
    pub limits: String,
}

/// Why somebody is nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Denial {
    /// It is no token of ours.
    InvalidToken,
    /// It was one, and has ended.
    ExpiredToken,
    /// Its session has ended.
    RevokedSession,
    /// Its tenant is suspended.
    TenantSuspended,
    /// Its tenant is being closed, or has been.
    TenantLeaving,
}

impl Denial {
    /// The word in the context.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidToken => "invalid_token",
            Self::ExpiredToken => "expired_token",
            Self::RevokedSession => "revoked_session",
            Self::TenantSuspended => "tenant_suspended",
            Self::TenantLeaving => "tenant_leaving",
        }
    }

    /// The status that the function behind the gateway answers with.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidToken | Self::ExpiredToken | Self::RevokedSession => 401,
            Self::TenantSuspended | Self::TenantLeaving => 403,
        }
    }
}
