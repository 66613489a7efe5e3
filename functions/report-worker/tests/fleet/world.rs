//! Tenants with reports to be made, a queue, and where the documents go.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, SendMessageBatchRequestEntry};
use relay::Relay;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::deadline::Deadline;
use shared::tenant::Tenant;
use testkit::{TestBucket, TestDatabase, TestQueue};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// How long a claim holds, in seconds.
const LEASE_SECS: u64 = 3;
/// How long a message is hidden, in seconds.
const HIDDEN_SECS: i32 = 4;
/// Messages in one call, which SQS allows.
const CALL_MESSAGES_MAX: usize = 10;
/// How often to look.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(8);

pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) bucket: TestBucket,
    pub(crate) queue: TestQueue,
    usage: TestQueue,
    webhooks: TestQueue,
    pub(crate) sqs: Client,
    pub(crate) owner: tokio_postgres::Client,
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::new().await;
        Self {
            owner: database.owner().await,
            database,
            bucket: TestBucket::new().await,
            queue: TestQueue::new().await,
            usage: TestQueue::new().await,
            webhooks: TestQueue::new().await,
            sqs: Client::new(&shared::aws::load()),
        }
    }

    /// What a worker has to be told.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        [
            ("DATABASE_URL", self.database.url("report-worker")),
            ("REPORTS_BUCKET", self.bucket.name().to_owned()),
            ("REPORT_QUEUE_URL", self.queue.url().to_owned()),
            ("LEASE_SECONDS", LEASE_SECS.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// A tenant with a plan and so many projects.
    pub(crate) async fn tenant(&self, plan: &str, projects: u32) -> Tenant {
        let tenant = self.database.tenant().await;
        let id = tenant.id();
        self.sql(&format!(
            "BEGIN; SELECT app.enter('{id}');
             INSERT INTO billing.subscriptions (plan_id) VALUES ('{plan}');
             INSERT INTO projects.projects (id, name)
             SELECT gen_random_uuid(), 'Project ' || n FROM generate_series(1, {projects}) AS n;
             COMMIT"
        ))
        .await;
        tenant
    }

    /// So many reports that a tenant asks for; answers their messages.
    pub(crate) async fn order(&self, tenant: Tenant, count: i32) -> Vec<Value> {
        let insert = "
            WITH made AS (
              INSERT INTO reports.reports (tenant_id, id, type)
              SELECT $1, gen_random_uuid(), 'project_summary' FROM generate_series(1, $2)
              RETURNING id)
            INSERT INTO reports.outbox (tenant_id, type, data, dedup)
            SELECT $1, 'report.requested', jsonb_build_object('report_id', id), id::text FROM made
            RETURNING id, dedup";
        let rows = self.owner.query(insert, &[&tenant.id(), &count]).await;
        let message = |row: &tokio_postgres::Row| {
            json!({
                "v": 1,
                "id": row.get::<_, Uuid>(0),
                "tenant_id": tenant.id(),
                "type": "report.requested",
                "occurred_at": "2026-11-23T20:00:00Z",
                "data": { "report_id": row.get::<_, &str>(1) },
            })
        };
        rows.unwrap().iter().map(message).collect()
    }

    /// Sends messages, grouped by their tenants or not.
    pub(crate) async fn send(&self, messages: &[Value], grouped: bool) {
        for chunk in messages.chunks(CALL_MESSAGES_MAX) {
            let entries = chunk.iter().enumerate().map(|(place, message)| {
                let group = grouped.then(|| message["tenant_id"].as_str().unwrap().to_owned());
                SendMessageBatchRequestEntry::builder()
                    .id(place.to_string())
                    .set_message_group_id(group)
                    .message_body(message.to_string())
                    .build()
                    .unwrap()
            });
            let send = self.sqs.send_message_batch().queue_url(self.queue.url());
            send.set_entries(Some(entries.collect()))
                .send()
                .await
                .unwrap();
        }
    }

    /// The next message, if one comes within a second.
    pub(crate) async fn receive(&self) -> Option<Message> {
        let receive = self
            .sqs
            .receive_message()
            .queue_url(self.queue.url())
            .visibility_timeout(HIDDEN_SECS)
            .wait_time_seconds(1)
            .message_system_attribute_names(MessageSystemAttributeName::All);
        receive.send().await.unwrap().messages?.pop()
    }

    pub(crate) async fn delete(&self, message: &Message) {
        let delete = self.sqs.delete_message().queue_url(self.queue.url());
        let delete = delete.receipt_handle(message.receipt_handle().unwrap());
        delete.send().await.unwrap();
    }

    /// A relay that works until it is dropped.
    pub(crate) fn relay(&self) -> JoinHandle<()> {
        let relay = Relay {
            clock: Clock::System,
            db: self.database.database("relay"),
            reports: self.queue.queue(),
            usage: self.usage.queue(),
            webhooks: self.webhooks.queue(),
            documents: self.bucket.storage(),
            keep_days: 30,
            woken_to: relay::due::Cursor::default(),
            run_for: PATIENCE,
            pause: LOOK_EVERY,
        };
        tokio::spawn(async move {
            // A worker that was stopped holds locks that the relay waits for in vain.
            drop(relay.run(&Deadline::never()).await);
        })
    }

    pub(crate) async fn sql(&self, sql: &str) {
        self.owner.batch_execute(sql).await.unwrap();
    }

    /// How many rows a query counts.
    pub(crate) async fn count(&self, from: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {from}");
        self.owner.query_one(&sql, &[]).await.unwrap().get(0)
    }

    /// Waits until a query counts nothing any more.
    pub(crate) async fn until_none(&self, from: &str) {
        let look = async {
            while self.count(from).await > 0 {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, look).await;
        assert!(waited.is_ok(), "there are still {from}");
    }
}
