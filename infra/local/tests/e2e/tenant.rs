//! A tenant of a test's own, and what its owner can do.

use local::api::{Api, Call, CallError, Reply, Texts};
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    events::settled,
    world::{SELDOM, World, eventually},
};

/// The password of all owners.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A tenant with its owner logged in.
#[derive(Debug, Clone)]
pub(crate) struct Tenant {
    api: Api,
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) token: String,
    pub(crate) refresh_token: String,
}

impl Tenant {
    /// A new one.
    pub(crate) async fn sign_up(world: &World) -> Self {
        let email = format!("{}@example.com", Uuid::new_v4());
        let body = Texts(&[
            ("tenant_name", "Acme"),
            ("name", "Ada"),
            ("email", &email),
            ("password", PASSWORD),
        ]);
        let reply = world
            .api
            .send(Call::post("/v2/auth/tenants", &body))
            .await
            .unwrap();
        Self::of(world, email, &reply.expect(StatusCode::CREATED).unwrap())
    }

    /// One that is there already.
    pub(crate) async fn log_in(world: &World, email: String) -> Self {
        let body = Texts(&[("email", &email), ("password", PASSWORD)]);
        let reply = world
            .api
            .send(Call::post("/v2/auth/sessions", &body))
            .await
            .unwrap();
        Self::of(world, email, &reply.expect(StatusCode::CREATED).unwrap())
    }

    fn of(world: &World, email: String, grant: &Reply) -> Self {
        Self {
            api: world.api.clone(),
            id: grant.text("/tenant_id"),
            email,
            token: grant.text("/access_token"),
            refresh_token: grant.text("/refresh_token"),
        }
    }

    /// Sends a call as the owner.
    pub(crate) async fn send(&self, call: Call) -> Reply {
        self.try_send(call).await.unwrap()
    }

    /// As [`Self::send`], where there may be no answer.
    pub(crate) async fn try_send(&self, call: Call) -> Result<Reply, CallError> {
        self.api.send(call.by(&self.token)).await
    }

    /// As [`Self::send`], with the answer's status known beforehand.
    pub(crate) async fn expect(&self, status: u16, call: Call) -> Reply {
        let reply = self.send(call).await;
        reply.expect(StatusCode::from_u16(status).unwrap()).unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.expect(200, Call::get(path)).await
    }

    /// Creates a project and answers its id.
    pub(crate) async fn create_project(&self, name: &str) -> String {
        let call = Call::post("/v2/projects", &Texts(&[("name", name)])).once();
        self.expect(201, call).await.text("/id")
    }

    /// Orders a report and answers its id.
    pub(crate) async fn order_report(&self) -> String {
        self.expect(202, order().once()).await.text("/id")
    }

    /// Makes a schedule for reports and answers its id.
    pub(crate) async fn create_schedule(&self) -> String {
        let schedule = json!({
            "report": { "type": "project_summary" },
            "when": { "cadence": "daily", "time": "06:30", "time_zone": "Europe/Berlin" },
        });
        let call = Call::post("/v2/reports/schedules", &schedule).once();
        self.expect(201, call).await.text("/id")
    }

    /// The report when it has come to its end, as v2 shows it.
    pub(crate) async fn finished_report(&self, id: &str) -> Value {
        let path = format!("/v2/reports/{id}");
        eventually("the report", SELDOM, async || {
            let report = self.get(&path).await.json();
            let is_pending = matches!(report["status"].as_str(), Some("queued" | "running"));
            (!is_pending).then_some(report)
        })
        .await
    }

    /// Where the document of a report that succeeded can be fetched for a while.
    pub(crate) async fn download_link(&self, id: &str) -> String {
        let call = Call::get(format!("/v2/reports/{id}/download"));
        self.expect(303, call).await.header("location").to_owned()
    }

    /// The document of a report that succeeded.
    pub(crate) async fn download(&self, id: &str) -> Vec<u8> {
        let link = self.download_link(id).await;
        let document = self.api.send(Call::get(link)).await.unwrap();
        document.expect(StatusCode::OK).unwrap().body
    }

    /// Waits until billing has counted so much, and makes sure that it comes to no more.
    pub(crate) async fn usage(&self, world: &World, meter: &str, wanted: u64) {
        eventually(meter, SELDOM, async || {
            (self.used(meter).await == wanted).then_some(())
        })
        .await;
        settled(world, &self.id).await;
        assert_eq!(self.used(meter).await, wanted, "{meter}, in the end");
    }

    async fn used(&self, meter: &str) -> u64 {
        let usage = self.get("/v2/billing/usage").await.json();
        let meters = usage["data"].as_array().unwrap();
        let found = meters.iter().find(|one| one["meter"] == meter).unwrap();
        found["used"].as_u64().unwrap()
    }
}

/// An order for a report.
pub(crate) fn order() -> Call {
    Call::post("/v2/reports", &json!({ "type": "project_summary" }))
}
