//! The reports domain through its front door: an API Gateway event in, a response out.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up should stop"
)]

mod contract;
mod documents;
mod input;
mod isolation;
mod life;
mod lists;
mod ordering;
mod roles;
mod schedules;
mod settings;
mod types;

use axum::Router;
use reports::state::Reports;
use serde_json::json;
use shared::pipeline;
use testkit::{Call, Caller, Reply, TestBucket, TestDatabase};

/// One tenant's owner in front of the reports function.
struct Scene {
    database: TestDatabase,
    bucket: TestBucket,
    service: Router,
    owner: Caller,
}

impl Scene {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let bucket = TestBucket::new().await;
        let state = Reports {
            app: database.app("reports"),
            storage: bucket.storage(),
        };
        let owner = Caller::owner(database.tenant().await);
        Self {
            service: pipeline::service(reports::routes::table(), state),
            database,
            bucket,
            owner,
        }
    }

    async fn send(&self, call: Call) -> Reply {
        call.by(&self.owner).send(&self.service).await
    }

    /// Orders a report in v2.
    async fn order(&self, key: &str) -> Reply {
        self.send(order(key)).await
    }

    /// Takes the requests that wait for the relay, as it does: which reports they are about, and whose.
    async fn take_requests(&self) -> Vec<(String, String)> {
        let take = "UPDATE reports.outbox SET sent_at = now()
             WHERE type = 'report.requested' AND sent_at IS NULL
               AND coalesce(claimed_until <= now(), true)
             RETURNING data ->> 'report_id', tenant_id::text";
        let owner = self.database.owner().await;
        let rows = owner.query(take, &[]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// Runs SQL as the owner of the database, within the caller's tenant.
    async fn within(&self, caller: &Caller, sql: &str) {
        let tenant = caller.tenant.id();
        let sql = format!("BEGIN; SELECT app.enter('{tenant}'); {sql}; COMMIT");
        let owner = self.database.owner().await;
        owner.batch_execute(&sql).await.unwrap();
    }

    /// Lets a worker fail at the report, as far as the database knows.
    async fn fail(&self, caller: &Caller, id: &str) {
        let fail = format!(
            "UPDATE reports.reports
             SET status = 'failed', finished_at = now(), problem = '{{\"code\": \"render\"}}'
             WHERE id = '{id}'"
        );
        self.within(caller, &fail).await;
    }

    /// How many events of a type the outbox holds about a report.
    async fn events(&self, kind: &str, id: &str) -> i64 {
        let count = "SELECT count(*) FROM reports.outbox WHERE type = $1 AND dedup ^@ $2";
        let owner = self.database.owner().await;
        owner.query_one(count, &[&kind, &id]).await.unwrap().get(0)
    }

    /// Lets a worker finish the report, as far as the database knows.
    async fn finish(&self, caller: &Caller, id: &str) {
        let tenant = caller.tenant.id();
        let finish = format!(
            "BEGIN; SELECT app.enter('{tenant}');
             UPDATE reports.reports
             SET status = 'succeeded', finished_at = now(), fence = 3, pages = 2, size_bytes = 9,
                 sha256 = sha256('x'), object_key = 'tenants/{tenant}/reports/{id}/3.pdf'
             WHERE id = '{id}';
             COMMIT"
        );
        let owner = self.database.owner().await;
        owner.batch_execute(&finish).await.unwrap();
    }
}

fn order(key: &str) -> Call {
    let body = json!({ "type": "project_summary", "params": { "title": "All projects" } });
    Call::post("/v2/reports", &body).header("idempotency-key", key)
}

fn id(reply: &Reply) -> String {
    let member = |name: &str| reply.json()[name].as_str().map(str::to_owned);
    member("id").or_else(|| member("job_id")).unwrap()
}
