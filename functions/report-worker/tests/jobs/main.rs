//! The worker through its front door: a batch from SQS in, documents in S3 out.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up should stop"
)]

mod apart;
mod failing;
mod fences;
mod files;
mod kinds;
mod lanes;
mod looks;
mod rendering;
mod running;
mod snapshot;
mod undelivered;

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use report_worker::job;
use report_worker::report::Limits;
use report_worker::state::Worker;
use serde_json::{Value, json};
use shared::batch;
use shared::clock::Clock;
use shared::deadline::Deadline;
use shared::ids::{EventId, ReportId};
use shared::tenant::Tenant;
use testkit::{TestBucket, TestDatabase, TestQueue};
use tokio_postgres::Client;

/// The batches that are also documentation.
const GOOD: &str = include_str!("../../../../events/report-worker-batch.json");
const POISON: &str = include_str!("../../../../events/report-worker-poison.json");

/// One tenant with projects, and a worker.
struct Scene {
    database: TestDatabase,
    bucket: TestBucket,
    queue: TestQueue,
    owner: Client,
    tenant: Tenant,
    worker: Worker,
}

impl Scene {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let (bucket, queue) = (TestBucket::new().await, TestQueue::new().await);
        let tenant = database.tenant().await;
        Self {
            owner: database.owner().await,
            worker: Worker {
                clock: Clock::System,
                db: database.database("report-worker"),
                storage: bucket.storage(),
                queue: queue.queue(),
                lease_secs: 90,
                limits: Limits::default(),
            },
            database,
            bucket,
            queue,
            tenant,
        }
    }

    /// Runs SQL as the owner of the database, within the tenant.
    async fn within(&self, sql: &str) {
        let tenant = self.tenant.id();
        let sql = format!("BEGIN; SELECT app.enter('{tenant}'); {sql}; COMMIT");
        self.owner.batch_execute(&sql).await.unwrap();
    }

    async fn add_projects(&self, count: u32) {
        self.within(&format!(
            "INSERT INTO projects.projects (id, name, created_at)
             SELECT gen_random_uuid(), 'Project ' || n, now() - n * interval '1 hour'
             FROM generate_series(1, {count}) AS n"
        ))
        .await;
    }

    /// A report that waits for a worker, with its request in the outbox.
    async fn order(&self, kind: &str, params: &Value) -> ReportId {
        let id = ReportId::new();
        self.within(&format!(
            "INSERT INTO reports.reports (id, type, params) VALUES ('{id}', '{kind}', '{params}');
             INSERT INTO reports.outbox (type, data, dedup)
             VALUES ('report.requested', '{{}}', '{id}')"
        ))
        .await;
        id
    }

    /// What a report of this type says as a data file: its head and its rows.
    async fn file(&self, kind: &str, params: &Value) -> Vec<Vec<String>> {
        let id = self.order(kind, params).await;
        self.within(&format!(
            "UPDATE reports.reports SET format = 'csv' WHERE id = '{id}'"
        ))
        .await;
        assert!(self.deliver(&[self.message(id)], 1).await.is_empty());
        let report = self.report(id).await;
        let problem: Option<Value> = report.get("problem");
        assert_eq!(report.get::<_, &str>("status"), "succeeded", "{problem:?}");
        let key: String = report.get("object_key");
        let bytes = self.bucket.bytes(&key).await;
        let rows: Vec<_> = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(&*bytes)
            .into_deserialize()
            .map(Result::unwrap)
            .collect();
        assert_eq!(
            report.get::<_, i32>("rows"),
            i32::try_from(rows.len() - 1).unwrap()
        );
        rows
    }

    /// Delivers messages to the worker, each for the `attempt`th time.
    async fn deliver(&self, bodies: &[String], attempt: u32) -> Vec<String> {
        self.run(&event(bodies, attempt)).await
    }

    async fn run(&self, event: &Value) -> Vec<String> {
        run(&self.worker, event).await
    }

    fn message(&self, report: ReportId) -> String {
        message(self.tenant, report)
    }

    async fn report(&self, id: ReportId) -> tokio_postgres::Row {
        let find = "SELECT status, fence, attempts, object_key, pages, rows, rows_done, rows_total,
             parked_at, lease_until > started_at + interval '3 seconds' AS renewed, problem
             FROM reports.reports WHERE id = $1";
        let tenant = self.tenant.id();
        let enter = format!("BEGIN; SELECT app.enter('{tenant}')");
        self.owner.batch_execute(&enter).await.unwrap();
        let row = self.owner.query_one(find, &[&id]).await.unwrap();
        self.owner.batch_execute("COMMIT").await.unwrap();
        row
    }

    /// How many events of a type the outbox holds, sent or not.
    async fn events(&self, kind: &str) -> i64 {
        let count = "SELECT count(*) FROM reports.outbox WHERE type = $1";
        self.owner.query_one(count, &[&kind]).await.unwrap().get(0)
    }
}

/// Hands an event to a worker; answers the messages that have to come again.
async fn run(worker: &Worker, event: &Value) -> Vec<String> {
    let event: SqsEvent = serde_json::from_value(event.clone()).unwrap();
    let deadline = Deadline::never();
    let handle = async |delivery| job::handle(worker, delivery, &deadline).await;
    let response = batch::run(event, &worker.db, &deadline, handle).await;
    failures(&response)
}

fn message(tenant: Tenant, report: ReportId) -> String {
    json!({
        "v": 1,
        "id": EventId::new(),
        "tenant_id": tenant.id(),
        "type": "report.requested",
        "occurred_at": "2026-11-23T20:00:00Z",
        "data": { "report_id": report },
    })
    .to_string()
}

fn event(bodies: &[String], attempt: u32) -> Value {
    let template: Value = serde_json::from_str(GOOD).unwrap();
    let records = bodies.iter().enumerate().map(|(number, body)| {
        let mut record = template["Records"][0].clone();
        record["messageId"] = format!("message-{number}").into();
        record["body"] = body.clone().into();
        record["attributes"]["ApproximateReceiveCount"] = attempt.to_string().into();
        record
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

fn failures(response: &SqsBatchResponse) -> Vec<String> {
    let failed = response.batch_item_failures.iter();
    failed
        .map(|failure| failure.item_identifier.clone())
        .collect()
}

/// Long enough for any other worker in these tests, short enough to fail in time.
const WAIT: Duration = Duration::from_secs(30);
