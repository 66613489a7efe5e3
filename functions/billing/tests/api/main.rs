//! The billing domain through its front doors: an API Gateway event in and a response out, a batch
//! of messages in and the failed ones out.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up should stop"
)]

mod catalogue;
mod contract;
mod invoice;
mod isolation;
mod meter;
mod period;
mod queue;
mod subscription;
mod sums;
mod usage;

use axum::Router;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::pipeline;
use shared::state::App;
use testkit::{Call, Caller, Reply, TestDatabase};
use time::OffsetDateTime;
use time::macros::datetime;

/// When most tests take place: within a month, and far from its ends.
const NOW: OffsetDateTime = datetime!(2026-02-14 12:00:00 UTC);

/// One tenant's owner in front of the billing functions.
struct Scene {
    database: TestDatabase,
    app: App,
    service: Router,
    owner: Caller,
}

impl Scene {
    async fn new() -> Self {
        Self::at(NOW).await
    }

    /// A scene whose clock stands at `now`.
    async fn at(now: OffsetDateTime) -> Self {
        let database = TestDatabase::new().await;
        let app = App {
            clock: Clock::fixed(now),
            ..database.app("billing")
        };
        let owner = Caller::owner(database.tenant().await);
        Self {
            service: pipeline::service(billing::routes::table(), app.clone()),
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

    async fn get(&self, target: &str) -> Value {
        self.send(Call::get(target)).await.expect(200).json()
    }

    /// Puts the tenant on another plan.
    async fn choose(&self, plan: &str) -> Reply {
        self.send(put(plan)).await.expect(200)
    }

    /// Runs SQL within the scene's own tenant, as the owner of everything.
    async fn within(&self, sql: &str) {
        let tenant = self.owner.tenant.id();
        self.sql(&format!(
            "BEGIN; SELECT app.enter('{tenant}'); {sql}; COMMIT"
        ))
        .await;
    }

    /// Runs SQL as the owner of everything, who sees no tenant's rows either.
    async fn sql(&self, sql: &str) {
        self.database
            .owner()
            .await
            .batch_execute(sql)
            .await
            .unwrap();
    }
}

/// `PUT /v1/billing/subscription`, which asks for no `If-Match`.
fn put(plan: &str) -> Call {
    Call::new("PUT", "/v1/billing/subscription").json(&json!({ "plan": plan }))
}

/// `PATCH /v2/billing/subscription` by somebody who has seen the version `seen`.
fn patch(plan: &str, seen: &str) -> Call {
    Call::new("PATCH", "/v2/billing/subscription")
        .header("if-match", seen)
        .json(&json!({ "plan": plan }))
}
