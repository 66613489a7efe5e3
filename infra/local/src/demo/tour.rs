//! The tour, from the first sign-up to the document in hand.

use std::path::Path;

use reqwest::StatusCode;

use super::{
    CREATED, DemoError, OK,
    transcript::{answered, asked, briefly, chapter},
};
use crate::api::{Api, Call, Reply, Texts};

/// Both owners' password; their tenants live for a minute.
const PASSWORD: &str = "correct horse battery staple";
const ADA: &str = "ada@acme.example";
const GRACE: &str = "grace@globex.example";

/// A tour of one stack.
#[derive(Debug)]
pub(super) struct Tour {
    pub(super) api: Api,
}

impl Tour {
    /// The tour of the stack at `url`.
    pub(super) fn of(url: String) -> Result<Self, DemoError> {
        Ok(Self { api: Api::at(url)? })
    }

    /// Takes it and saves the report in `report`.
    pub(super) async fn take(&self, report: &Path) -> Result<(), DemoError> {
        chapter("Ada signs up, which founds a tenant, and logs in");
        self.sign_up("Acme Robotics", "Ada Okafor", ADA).await?;
        let ada = self.log_in(ADA).await?;
        self.send(Call::get("/v2/auth/me").by(&ada), &[])
            .await?
            .expect(OK)?;

        let projects = self.create_projects(&ada).await?;
        self.archive_projects(&ada, &projects).await?;
        self.list_projects(&ada).await?;
        self.stay_apart(projects.first().map_or("", String::as_str))
            .await?;
        self.report(&ada, report).await?;
        self.usage(&ada).await
    }

    /// Sends a call and prints both sides, of the answer also the headers `shown`.
    pub(super) async fn send(&self, call: Call, shown: &[&str]) -> Result<Reply, DemoError> {
        asked(&call);
        let reply = self.api.send(call).await?;
        answered(&reply, shown);
        Ok(reply)
    }

    /// Sends a call and prints it on one line.
    pub(super) async fn send_briefly(&self, call: Call) -> Result<Reply, DemoError> {
        let reply = self.api.send(call.clone()).await?;
        briefly(&call, &reply);
        Ok(reply)
    }

    async fn sign_up(&self, tenant: &str, name: &str, email: &str) -> Result<String, DemoError> {
        let body = Texts(&[
            ("tenant_name", tenant),
            ("name", name),
            ("email", email),
            ("password", PASSWORD),
        ]);
        let reply = self
            .send(Call::post("/v2/auth/tenants", &body), &[])
            .await?;
        Ok(reply.expect(CREATED)?.text("/access_token"))
    }

    async fn log_in(&self, email: &str) -> Result<String, DemoError> {
        let body = Texts(&[("email", email), ("password", PASSWORD)]);
        let reply = self
            .send(Call::post("/v2/auth/sessions", &body), &[])
            .await?;
        Ok(reply.expect(CREATED)?.text("/access_token"))
    }

    /// Another tenant, and nobody at all, ask for Ada's project.
    async fn stay_apart(&self, project: &str) -> Result<(), DemoError> {
        chapter("Grace, of another tenant, asks for Ada's first project: there is no such thing");
        let grace = self.sign_up("Globex", "Grace Ito", GRACE).await?;
        let path = format!("/v2/projects/{project}");
        let theirs = self.send(Call::get(&path).by(&grace), &[]).await?;
        theirs.expect(StatusCode::NOT_FOUND)?;
        chapter("And nobody gets in without a token");
        self.send(Call::get(&path), &[])
            .await?
            .expect(StatusCode::UNAUTHORIZED)?;
        Ok(())
    }
}
