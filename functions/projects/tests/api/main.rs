//! The projects domain through its front door: an API Gateway event in, a response out.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up should stop"
)]

mod contract;
mod crud;
mod input;
mod isolation;
mod leaks;
mod limits;
mod lists;
mod model;
mod moving;
mod once;
mod pooler;
mod scale;
mod totals;
mod versions;

use axum::Router;
use serde_json::{Value, json};
use shared::pipeline;
use shared::state::App;
use testkit::{Call, Caller, Reply, TestDatabase};

/// One tenant's owner in front of the projects function.
struct Scene {
    database: TestDatabase,
    app: App,
    service: Router,
    owner: Caller,
}

impl Scene {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let app = database.app("projects");
        let owner = Caller::owner(database.tenant().await);
        Self {
            service: pipeline::service(projects::routes::table(), app.clone()),
            database,
            app,
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

    async fn create(&self, name: &str) -> String {
        create(&self.service, &self.owner, name).await
    }
}

/// Creates a project and answers its id.
async fn create(service: &Router, caller: &Caller, name: &str) -> String {
    let call = Call::post("/v2/projects", &json!({ "name": name }))
        .header("idempotency-key", &format!("create-{name}-{}", uuid()));
    let reply = call.by(caller).send(service).await.expect(201);
    reply.json()["id"].as_str().unwrap().to_owned()
}

fn uuid() -> String {
    shared::ids::ProjectId::new().to_string()
}

fn names(list: &Value) -> Vec<&str> {
    let rows = list.as_array().unwrap();
    rows.iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect()
}
