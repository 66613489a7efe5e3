//! A sender with a queue for its results, and names that lead where a test wants them to.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::deadline::Deadline;
use shared::egress::Targets;
use shared::ids::{DeliveryId, TenantId};
use shared::jobs::{Envelope, WebhookAttempted, WebhookOutcome, WebhookSigned};
use shared::tenant::Tenant;
use testkit::TestQueue;
use webhook_sender::Sender;
use webhook_sender::call::Caller;
use webhook_sender::resolve::Resolve;
use webhook_sender::tls;

/// How long a call may take here.
const TIMEOUT: Duration = Duration::from_millis(1_500);

/// Names with what each look-up of them yields, the last again and again.
#[derive(Default)]
pub(crate) struct Names {
    answers: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    asked: Mutex<Vec<String>>,
}

impl Names {
    /// From now on the look-ups of a name yield these, one after the other.
    pub(crate) fn lead(&self, name: &str, answers: &[&[&str]]) {
        let parse = |answer: &&[&str]| answer.iter().map(|text| text.parse().unwrap()).collect();
        let answers = answers.iter().map(parse).collect();
        self.answers
            .lock()
            .unwrap()
            .insert(name.to_owned(), answers);
    }

    /// The names that were asked for, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// One look-up.
    pub(crate) fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.lock().unwrap().push(name.to_owned());
        let mut answers = self.answers.lock().unwrap();
        let answers = answers.get_mut(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(match answers.len() {
            1 => answers[0].clone(),
            _ => answers.remove(0),
        })
    }
}

/// The resolver that a sender is given.
pub(crate) struct Stub(pub(crate) Arc<Names>);

impl Resolve for Stub {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { self.0.look_up(host) })
    }
}

pub(crate) struct World {
    pub(crate) names: Arc<Names>,
    pub(crate) results: TestQueue,
    pub(crate) sender: Sender,
}

impl World {
    pub(crate) async fn new(targets: Targets) -> Self {
        let names = Arc::new(Names::default());
        let results = TestQueue::new().await;
        let sender = Sender {
            clock: Clock::System,
            caller: Caller {
                targets,
                resolver: Arc::new(Stub(Arc::clone(&names))),
                tls: tls::client(None).unwrap(),
                timeout: TIMEOUT,
            },
            results: results.queue(),
        };
        Self {
            names,
            results,
            sender,
        }
    }

    /// What comes of a message for `url`.
    pub(crate) async fn send(&self, url: &str) -> WebhookOutcome {
        self.result(&signed(url, "{}")).await.outcome
    }

    /// Why nothing came of a message for `url`.
    pub(crate) async fn refusal(&self, url: &str) -> String {
        match self.send(url).await {
            WebhookOutcome::Failed { error } => error,
            other => panic!("{url}: {other:?}"),
        }
    }

    /// The status that a message for `url` got.
    pub(crate) async fn status(&self, url: &str) -> u16 {
        match self.send(url).await {
            WebhookOutcome::Answered { status, .. } => status,
            other => panic!("{url}: {other:?}"),
        }
    }

    /// What the dispatcher is told of a message.
    pub(crate) async fn result(&self, signed: &Envelope<WebhookSigned>) -> WebhookAttempted {
        let told = self.told(event(signed)).await;
        assert_eq!(told.delivery_id, signed.data.delivery_id);
        told
    }

    /// What the dispatcher is told of a batch with one message.
    pub(crate) async fn told(&self, event: Value) -> WebhookAttempted {
        let event = serde_json::from_value(event).unwrap();
        let answer = self.sender.handle(event, &Deadline::never()).await;
        assert!(answer.batch_item_failures.is_empty());
        let mut told = self.results.drain().await;
        assert_eq!(told.len(), 1, "{told:?}");
        let body = told.remove(0)["Records"][0]["body"]
            .as_str()
            .unwrap()
            .to_owned();
        Envelope::open(&body).unwrap().read().unwrap()
    }
}

/// A message for `url`, signed just now.
pub(crate) fn signed(url: &str, body: &str) -> Envelope<WebhookSigned> {
    let now = Clock::System.now();
    let headers = BTreeMap::from([
        ("webhook-id".to_owned(), "msg_1".to_owned()),
        ("webhook-signature".to_owned(), "v1,c2lnbmVk".to_owned()),
    ]);
    let signed = WebhookSigned {
        delivery_id: DeliveryId::new(),
        claim: 3,
        url: url.to_owned(),
        headers,
        body: body.to_owned(),
        signed_at: now.unix_timestamp(),
    };
    Envelope::new(Tenant::vouched_for(TenantId::new()), now, signed)
}

/// The event of a batch with this one message.
pub(crate) fn event(signed: &Envelope<WebhookSigned>) -> Value {
    let body = serde_json::to_string(signed).unwrap();
    json!({ "Records": [{ "messageId": "1", "body": body }] })
}
