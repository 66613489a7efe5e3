//! A database with outboxes, three queues of one's own, and a relay between them.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use relay::{Counts, Relay};
use serde_json::Value;
use shared::clock::Clock;
use shared::deadline::Deadline;
use shared::ids::ProjectId;
use shared::jobs::{Envelope, Event, ProjectCreated};
use shared::queue::Queue;
use shared::tenant::Tenant;
use shared::{aws, outbox};
use testkit::{TestBucket, TestDatabase};
use time::OffsetDateTime;

/// How many times in a row a queue has to be empty to count as empty.
const EMPTY_RECEIVES: u32 = 2;
/// How often a test looks for something that has to happen soon.
const LOOKS_MAX: u32 = 1_000;
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How many messages a test expects at most.
const MESSAGES_MAX: usize = 2_000;

pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) bucket: TestBucket,
    pub(crate) tenant: Tenant,
    pub(crate) reports: String,
    pub(crate) usage: String,
    pub(crate) webhooks: String,
    pub(crate) sqs: Client,
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::new().await;
        let tenant = database.tenant().await;
        // A client for each test: connections belong to the runtime that made them.
        let sqs = Client::new(&aws::load());
        let (reports, usage) = (queue(&sqs, "reports").await, queue(&sqs, "usage").await);
        let webhooks = queue(&sqs, "webhooks").await;
        Self {
            database,
            bucket: TestBucket::new().await,
            tenant,
            reports,
            usage,
            webhooks,
            sqs,
        }
    }

    /// A relay whose runs have one round.
    pub(crate) fn relay(&self) -> Relay {
        let to = |url: &String| Queue::with_client(url.clone(), self.sqs.clone());
        Relay {
            clock: Clock::System,
            db: self.database.database("relay"),
            reports: to(&self.reports),
            usage: to(&self.usage),
            documents: self.bucket.storage(),
            keep_days: 30,
            woken_to: relay::due::Cursor::default(),
            webhooks: to(&self.webhooks),
            run_for: Duration::ZERO,
            pause: Duration::from_millis(10),
        }
    }

    /// One run of a new relay.
    pub(crate) async fn run(&self) -> Counts {
        self.relay().run(&Deadline::never()).await.unwrap()
    }

    /// Commits an event, as the domain's own role does.
    pub(crate) async fn commit<E: Event>(
        &self,
        domain: &str,
        tenant: Tenant,
        occurred_at: OffsetDateTime,
        event: E,
    ) -> Envelope<E> {
        let envelope = Envelope::new(tenant, occurred_at, event);
        let emit = outbox::emit(&envelope, envelope.id).unwrap();
        let db = self.database.database(domain);
        db.write(tenant, emit).await.unwrap();
        envelope
    }

    /// Commits that a project was made just now.
    pub(crate) async fn project(&self) -> Envelope<ProjectCreated> {
        let event = ProjectCreated {
            project_id: ProjectId::new(),
        };
        self.commit("projects", self.tenant, now(), event).await
    }

    /// Commits many such events at once, about things of this name.
    pub(crate) async fn projects(&self, count: u32, name: &str) {
        self.sql(&format!(
            "INSERT INTO projects.outbox (tenant_id, type, dedup)
             SELECT '{}', 'project.created', '{name}' || number FROM generate_series(1, {count}) AS number",
            self.tenant.id()
        ))
        .await;
    }

    /// Lets all claims run out, as time would.
    pub(crate) async fn let_claims_lapse(&self, domain: &str) {
        self.sql(&format!("UPDATE {domain}.outbox SET claimed_until = now()"))
            .await;
    }

    pub(crate) async fn sql(&self, sql: &str) {
        let owner = self.database.owner().await;
        owner.batch_execute(sql).await.unwrap();
    }

    /// How many rows a query counts.
    pub(crate) async fn count(&self, from: &str) -> i64 {
        let owner = self.database.owner().await;
        let sql = format!("SELECT count(*) FROM {from}");
        owner.query_one(&sql, &[]).await.unwrap().get(0)
    }

    /// Waits until the domain has nothing unsent, as a relay that is running will see to.
    pub(crate) async fn all_sent(&self, domain: &str) {
        let unsent = format!("{domain}.outbox WHERE sent_at IS NULL");
        let mut looks = 0;
        while self.count(&unsent).await > 0 {
            looks += 1;
            assert!(looks < LOOKS_MAX, "not everything was sent");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Everything in a queue, which stays hidden from then on.
    pub(crate) async fn received(&self, url: &str) -> Vec<Message> {
        let (mut messages, mut empty) = (Vec::new(), 0);
        while empty < EMPTY_RECEIVES && messages.len() < MESSAGES_MAX {
            let answer = self
                .sqs
                .receive_message()
                .queue_url(url)
                .max_number_of_messages(10)
                .visibility_timeout(600)
                .message_system_attribute_names(MessageSystemAttributeName::MessageGroupId)
                .send()
                .await
                .unwrap();
            let received = answer.messages.unwrap_or_default();
            empty = if received.is_empty() { empty + 1 } else { 0 };
            messages.extend(received);
        }
        messages
    }

    /// The events in billing's queue, sorted.
    pub(crate) async fn arrived(&self) -> Vec<String> {
        let messages = self.received(&self.usage).await;
        let mut events: Vec<_> = messages
            .iter()
            .map(|message| text(&body(message), "id"))
            .collect();
        events.sort();
        events
    }
}

/// A queue that no other test uses.
async fn queue(sqs: &Client, name: &str) -> String {
    let name = format!("{name}-{}", ProjectId::new());
    let made = sqs.create_queue().queue_name(name).send().await.unwrap();
    made.queue_url.unwrap()
}

pub(crate) fn body(message: &Message) -> Value {
    serde_json::from_str(message.body.as_deref().unwrap()).unwrap()
}

pub(crate) fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap().to_owned()
}

/// The time that functions stamp their events with.
pub(crate) fn now() -> OffsetDateTime {
    Clock::System.now()
}
