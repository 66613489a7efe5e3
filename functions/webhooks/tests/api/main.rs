//! The webhooks domain through its front door: an API Gateway event in, a response out.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up should stop"
)]

mod deliveries;
mod endpoints;
mod events;
mod input;
mod isolation;
mod scale;
mod secrets;

use axum::Router;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::egress::Targets;
use shared::ids::EndpointId;
use shared::pipeline;
use shared::state::App;
use testkit::{Call, Caller, Reply, TestDatabase};
use time::macros::datetime;
use webhooks::state::Webhooks;

/// One tenant's owner in front of the webhooks function.
struct Scene {
    database: TestDatabase,
    clock: Clock,
    service: Router,
    owner: Caller,
}

impl Scene {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let clock = Clock::fixed(datetime!(2026-02-14 12:00:00 UTC));
        let app = App {
            clock: clock.clone(),
            ..database.app("webhooks")
        };
        let state = Webhooks {
            app,
            targets: Targets::Public,
        };
        let owner = Caller::owner(database.tenant().await);
        Self {
            service: pipeline::service(webhooks::routes::table(), state),
            database,
            clock,
            owner,
        }
    }

    /// The owner of another tenant in the same database.
    async fn stranger(&self) -> Caller {
        Caller::owner(self.database.tenant().await)
    }

    async fn send(&self, call: Call) -> Reply {
        call.by(&self.owner).send(&self.service).await
    }

    async fn get(&self, target: &str) -> Value {
        self.send(Call::get(target)).await.expect(200).json()
    }

    /// Makes an endpoint and answers with what its owner is shown.
    async fn endpoint(&self) -> Value {
        let call = create(&json!({ "url": "https://example.com/hook" }), &key());
        self.send(call).await.expect(201).json()
    }

    /// A number that SQL counts within the scene's own tenant.
    async fn count(&self, from: &str) -> i64 {
        let owner = self.database.owner().await;
        let enter = format!("BEGIN; SELECT app.enter('{}')", self.owner.tenant.id());
        owner.batch_execute(&enter).await.unwrap();
        let count = format!("SELECT count(*) FROM webhooks.{from}");
        owner.query_one(&count, &[]).await.unwrap().get(0)
    }
}

fn create(body: &Value, key: &str) -> Call {
    Call::post("/v2/webhooks/endpoints", body).header("idempotency-key", key)
}

fn patch(endpoint: &Value, body: &Value) -> Call {
    Call::new("PATCH", &path(endpoint, ""))
        .header("if-match", "*")
        .json(body)
}

/// The path of an endpoint, and what comes behind it.
fn path(endpoint: &Value, rest: &str) -> String {
    format!("/v2/webhooks/endpoints/{}{rest}", text(endpoint, "id"))
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap()
}

/// A key that nobody has used.
fn key() -> String {
    EndpointId::new().to_string()
}
