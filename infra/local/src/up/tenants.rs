//! The two tenants that a running stack has from its first start on.

use std::path::Path;

use reqwest::StatusCode;

use super::UpError;
use crate::{
    api::{Api, Call, CallError, Texts},
    secret,
};

/// A tenant and its owner.
#[derive(Debug, Clone, Copy)]
pub(super) struct DemoTenant {
    pub(super) name: &'static str,
    pub(super) owner: &'static str,
    pub(super) email: &'static str,
}

const A: DemoTenant = DemoTenant {
    name: "Acme",
    owner: "Ada",
    email: "ada@acme.example",
};
const B: DemoTenant = DemoTenant {
    name: "Globex",
    owner: "Grace",
    email: "grace@globex.example",
};

/// Access tokens of both tenants.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) a: String,
    pub(super) b: String,
}

/// Both tenants, their password and the API they live in.
#[derive(Debug)]
pub(super) struct DemoTenants {
    api: Api,
    password: String,
}

impl DemoTenants {
    pub(super) const BOTH: [DemoTenant; 2] = [A, B];

    /// The tenants of the stack at `url`, whose password is kept in `dir`.
    pub(super) fn new(url: String, dir: &Path) -> Result<Self, UpError> {
        let path = dir.join("demo-password");
        let password = secret::load_or_create(&path, readable_password);
        Ok(Self {
            api: Api::at(url)?,
            password: password.map_err(UpError::file(path))?,
        })
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }

    /// New tokens for both.
    pub(super) async fn tokens(&self) -> Result<Tokens, CallError> {
        let (a, b) = tokio::try_join!(self.token(A), self.token(B))?;
        Ok(Tokens { a, b })
    }

    /// Logs in, or signs up where the tenant is not there yet.
    async fn token(&self, tenant: DemoTenant) -> Result<String, CallError> {
        let credentials = [("email", tenant.email), ("password", &self.password)];
        let log_in = Call::post("/v2/auth/sessions", &Texts(&credentials));
        let mut reply = self.api.send(log_in).await?;
        if reply.status == StatusCode::UNAUTHORIZED {
            let names = [("tenant_name", tenant.name), ("name", tenant.owner)];
            let body = [names, credentials].concat();
            let sign_up = Call::post("/v2/auth/tenants", &Texts(&body));
            reply = self.api.send(sign_up).await?;
        }
        Ok(reply.expect(StatusCode::CREATED)?.text("/access_token"))
    }
}

/// Enough bits for a door that only this machine can knock at, few enough to type.
fn readable_password() -> std::io::Result<String> {
    const GROUP_CHARS: usize = 5;
    const GROUPS: usize = 4;
    let random = secret::random()?;
    let groups = random.as_bytes().chunks(GROUP_CHARS).take(GROUPS);
    let groups: Vec<_> = groups.map(String::from_utf8_lossy).collect();
    Ok(groups.join("-"))
}
