//! Everything that a webhook passes through.

use std::sync::Arc;
use std::time::Duration as StdDuration;

use axum::Router;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::deadline::Deadline;
use shared::egress::Targets;
use shared::ids::{EndpointId, ProjectId};
use shared::jobs::{Envelope, Event, ProjectCreated};
use shared::pipeline;
use shared::state::App;
use standardwebhooks::Webhook;
use testkit::{Call, Caller, Received, Reply, TestDatabase, TestQueue};
use time::{Duration, OffsetDateTime};
use webhook_sender::Sender;
use webhook_sender::call::Caller as HttpCaller;
use webhook_sender::resolve::SystemResolver;
use webhook_sender::tls;
use webhooks::dispatch::Dispatcher;
use webhooks::state::Webhooks;

/// Rounds after which what goes round and round is taken to have no end.
const ROUNDS_MAX: u32 = 100;

/// One tenant's owner, and what serves its webhooks.
pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) clock: Clock,
    pub(crate) owner: Caller,
    pub(crate) events: TestQueue,
    pub(crate) outgoing: TestQueue,
    pub(crate) results: TestQueue,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) sender: Sender,
    service: Router,
}

impl World {
    /// A world whose clock stands at the present.
    pub(crate) async fn new() -> Self {
        Self::ago(Duration::ZERO).await
    }

    /// A world whose clock stands so long before the present.
    pub(crate) async fn ago(before: Duration) -> Self {
        let database = TestDatabase::new().await;
        let clock = Clock::fixed(Clock::System.now() - before);
        let (events, outgoing) = (TestQueue::new().await, TestQueue::new().await);
        let results = TestQueue::new().await;
        let app = App {
            clock: clock.clone(),
            ..database.app("webhooks")
        };
        let state = Webhooks {
            app,
            targets: Targets::Loopback,
        };
        let dispatcher = Dispatcher {
            clock: clock.clone(),
            db: database.database("webhooks-dispatch"),
            events: events.queue(),
            outgoing: outgoing.queue(),
        };
        let caller = HttpCaller {
            targets: Targets::Loopback,
            resolver: Arc::new(SystemResolver),
            tls: tls::client(None).unwrap(),
            timeout: StdDuration::from_secs(5),
        };
        let sender = Sender {
            clock: clock.clone(),
            caller,
            results: results.queue(),
        };
        let owner = Caller::owner(database.tenant().await);
        Self {
            service: pipeline::service(webhooks::routes::table(), state),
            database,
            clock,
            owner,
            events,
            outgoing,
            results,
            dispatcher,
            sender,
        }
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    pub(crate) async fn send(&self, call: Call) -> Reply {
        let call = call.header("idempotency-key", &EndpointId::new().to_string());
        call.by(&self.owner).send(&self.service).await
    }

    pub(crate) async fn get(&self, target: &str) -> Value {
        self.send(Call::get(target)).await.expect(200).json()
    }

    /// Makes an endpoint, with other members than the usual ones.
    pub(crate) async fn endpoint(&self, url: &str, more: Value) -> Value {
        let mut body = json!({ "url": url });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        self.send(Call::post("/v2/webhooks/endpoints", &body))
            .await
            .expect(201)
            .json()
    }

    /// Has an endpoint sent a test.
    pub(crate) async fn test(&self, endpoint: &Value) -> Value {
        let path = format!("/v2/webhooks/endpoints/{}/test", text(endpoint, "id"));
        self.send(Call::post(&path, &json!({})))
            .await
            .expect(202)
            .json()
    }

    /// The endpoint as it is shown now.
    pub(crate) async fn shown(&self, endpoint: &Value) -> Value {
        let path = format!("/v2/webhooks/endpoints/{}", text(endpoint, "id"));
        self.get(&path).await
    }

    /// A delivery with its attempts.
    pub(crate) async fn delivery(&self, delivery: &Value) -> Value {
        self.get(&format!("/v2/webhooks/deliveries/{}", text(delivery, "id")))
            .await
    }

    /// All deliveries, newest first.
    pub(crate) async fn deliveries(&self) -> Vec<Value> {
        let list = self.get("/v2/webhooks/deliveries?limit=100").await;
        list["data"].as_array().unwrap().clone()
    }

    /// The event that a project was made, as the relay sends it.
    pub(crate) fn project(&self) -> Envelope<ProjectCreated> {
        let event = ProjectCreated {
            project_id: ProjectId::new(),
        };
        Envelope::new(self.owner.tenant, self.now(), event)
    }

    /// Gives the dispatcher an event, and answers with the messages that have to come again.
    pub(crate) async fn hear<E: Event>(&self, event: &Envelope<E>) -> Value {
        let record = json!({
            "messageId": "1",
            "body": serde_json::to_string(event).unwrap(),
            "attributes": { "ApproximateReceiveCount": "1" },
        });
        self.dispatch(json!({ "Records": [record] })).await
    }

    pub(crate) async fn dispatch(&self, event: Value) -> Value {
        let answer = self
            .dispatcher
            .serve(event, &Deadline::never())
            .await
            .unwrap();
        answer["batchItemFailures"].clone()
    }

    /// The dispatcher's schedule, and then whatever follows from it.
    pub(crate) async fn tick(&self) {
        self.dispatcher
            .serve(json!({}), &Deadline::never())
            .await
            .unwrap();
        self.settle().await;
    }

    /// Hands on everything that is in a queue, until nothing is.
    pub(crate) async fn settle(&self) {
        for _ in 0..ROUNDS_MAX {
            let mut moved = 0;
            for event in self.outgoing.drain().await {
                moved += 1;
                let event = serde_json::from_value(event).unwrap();
                let answer = self.sender.handle(event, &Deadline::never()).await;
                assert!(answer.batch_item_failures.is_empty());
            }
            for queue in [&self.results, &self.events] {
                for event in queue.drain().await {
                    moved += 1;
                    assert_eq!(self.dispatch(event).await, json!([]));
                }
            }
            if moved == 0 {
                return;
            }
        }
        panic!("it has no end");
    }

    /// Lets time pass, with a run of the schedule at the end of each step.
    pub(crate) async fn wait(&self, whole: Duration, step: Duration) {
        let end = self.now() + whole;
        while self.now() < end {
            self.clock.advance(step);
            self.tick().await;
        }
    }

    /// Runs SQL within the world's own tenant.
    pub(crate) async fn within(&self, sql: &str) {
        let tenant = self.owner.tenant.id();
        let sql = format!(
            "BEGIN; SELECT app.enter('{tenant}'); SET LOCAL search_path = webhooks; {sql}; COMMIT"
        );
        self.database
            .owner()
            .await
            .batch_execute(&sql)
            .await
            .unwrap();
    }

    /// A number that SQL counts within the world's own tenant.
    pub(crate) async fn count(&self, from: &str) -> i64 {
        let owner = self.database.owner().await;
        let enter = format!("BEGIN; SELECT app.enter('{}')", self.owner.tenant.id());
        owner.batch_execute(&enter).await.unwrap();
        let count = format!("SELECT count(*) FROM webhooks.{from}");
        owner.query_one(&count, &[]).await.unwrap().get(0)
    }
}

/// Whether the official library takes a request for one that was signed with a secret, now.
pub(crate) fn verifies(received: &Received, secret: &Value) -> bool {
    let webhook = Webhook::new(secret.as_str().unwrap()).unwrap();
    webhook.verify(&received.body, &received.headers).is_ok()
}

/// Whether the official library signs the same as was sent, whenever that was.
pub(crate) fn is_signed_by(received: &Received, secret: &Value) -> bool {
    let webhook = Webhook::new(secret.as_str().unwrap()).unwrap();
    let at = received.header("webhook-timestamp").parse().unwrap();
    let signature = webhook
        .sign(received.header("webhook-id"), at, &received.body)
        .unwrap();
    let mut sent = received.header("webhook-signature").split(' ');
    sent.any(|sent| sent == signature)
}

pub(crate) fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap()
}

pub(crate) fn body(received: &Received) -> Value {
    serde_json::from_slice(&received.body).unwrap()
}
