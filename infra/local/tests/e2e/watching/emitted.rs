//! What the functions' own processes say: the lines of requests, of jobs, and of what is rare.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use local::{
    api::Call,
    insights::each_line,
    project,
    runtime::{Lambda, Log},
};
use serde_json::{Value, json};
use testkit::Receiver;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::mentioned::Metric;
use crate::{
    tenant::Tenant,
    world::{OFTEN, SELDOM, World, until},
};

/// What has to be there before the lines are looked at.
const AWAITED: [&str; 4] = [
    "duration_ms",
    "queue_wait_ms",
    "limiter_degraded",
    "outbox_age_ms",
];
/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:1";

static EMITTED: OnceCell<Emitted> = OnceCell::const_new();

/// Lines, and what is in them.
#[derive(Debug)]
pub(crate) struct Emitted {
    /// Whose requests and jobs are among them.
    pub(crate) tenant: String,
    pub(crate) lines: Vec<Value>,
    pub(crate) metrics: BTreeSet<Metric>,
    /// The fields of requests and jobs, as `tenant.id`.
    pub(crate) fields: BTreeSet<String>,
}

impl Emitted {
    /// Has the product do some of everything, once for all tests.
    pub(crate) async fn collect() -> &'static Self {
        EMITTED.get_or_init(Self::of_product).await
    }

    async fn of_product() -> Self {
        let world = World::product().await;
        let owner = Tenant::sign_up(world).await;
        requests_and_jobs(&owner).await;
        let apart = world.folder.join("logs-apart");
        let log = Log::Folder(apart.clone());
        deaf_projects(world, &log).await;
        short_relay(world, &log).await;
        let mut emitted = Self::of(&owner, &[]);
        until("all lines", SELDOM, async || {
            let mut lines = Vec::new();
            for folder in [&world.folder.join("logs"), &apart] {
                each_line(folder, |line| lines.push(line.clone())).unwrap();
            }
            emitted = Self::of(&owner, &lines);
            AWAITED
                .iter()
                .all(|name| emitted.metrics.iter().any(|metric| metric.name == *name))
        })
        .await;
        emitted
    }

    fn of(owner: &Tenant, lines: &[Value]) -> Self {
        let mut fields = BTreeSet::new();
        let said = lines.iter();
        let said = said.filter(|line| line["message"] == "request" || line["message"] == "job");
        for line in said {
            flatten("", line, &mut fields);
        }
        Self {
            tenant: owner.id.clone(),
            metrics: lines.iter().flat_map(metrics).collect(),
            fields,
            lines: lines.to_vec(),
        }
    }
}

/// A tenant's day: something made, something not found, a report, and a webhook.
async fn requests_and_jobs(owner: &Tenant) {
    let receiver = Receiver::start().await;
    let endpoint = json!({ "url": receiver.url() });
    let endpoint = Call::post("/v2/webhooks/endpoints", &endpoint).once();
    owner.expect(201, endpoint).await;
    owner.create_project("Apollo").await;
    let absent = format!("/v2/projects/{}", Uuid::now_v7());
    owner.expect(404, Call::get(absent)).await;
    let report = owner.order_report().await;
    assert_eq!(owner.finished_report(&report).await["status"], "succeeded");
    until("a webhook", OFTEN, async || !receiver.seen().is_empty()).await;
}

/// A request to projects whose limiter has no store.
async fn deaf_projects(world: &World, log: &Log) {
    let event = project::root().join("events/projects-list-v2.json");
    let changed = ("AWS_ENDPOINT_URL_DYNAMODB", NOWHERE);
    invoke(
        world,
        "ProjectsFunction",
        changed,
        &fs::read(event).unwrap(),
        log,
    )
    .await;
}

/// A run of the relay that has one round.
async fn short_relay(world: &World, log: &Log) {
    invoke(
        world,
        "RelayFunction",
        ("RELAY_RUN_SECONDS", "0"),
        b"{}",
        log,
    )
    .await;
}

/// Invokes a function of the stack in a process of its own, with one variable changed.
async fn invoke(world: &World, id: &str, changed: (&str, &str), event: &[u8], log: &Log) {
    let mut options = world.stack.function(id).unwrap().clone();
    let (name, value) = changed;
    let before = options
        .environment
        .insert(name.to_owned(), value.to_owned());
    assert!(before.is_some(), "{id} has no {name}");
    let lambda = Lambda::start(vec![options], log).await.unwrap();
    let answer = lambda.invoke(id, event.to_vec().into()).await.unwrap();
    answer.unwrap_or_else(|error| panic!("{id}: {error:?}"));
    lambda.stop().await;
}

/// The metrics in a line, if it is a document of the embedded metric format.
fn metrics(line: &Value) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for directive in line["_aws"]["CloudWatchMetrics"]
        .as_array()
        .into_iter()
        .flatten()
    {
        assert_eq!(directive["Namespace"], shared::telemetry::NAMESPACE);
        for dimensions in directive["Dimensions"].as_array().unwrap() {
            let names = dimensions.as_array().unwrap().iter();
            let names = names.map(|name| name.as_str().unwrap());
            let dimensions: BTreeMap<String, Option<String>> = names
                .map(|name| (name.to_owned(), line[name].as_str().map(str::to_owned)))
                .collect();
            assert!(dimensions.values().all(Option::is_some), "{line}");
            for metric in directive["Metrics"].as_array().unwrap() {
                metrics.push(Metric {
                    name: metric["Name"].as_str().unwrap().to_owned(),
                    dimensions: dimensions.clone(),
                    unit: metric["Unit"].as_str().map(str::to_owned),
                });
            }
        }
    }
    metrics
}

/// The names of all texts, numbers and truths in a document.
fn flatten(prefix: &str, value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                flatten(&format!("{prefix}{name}."), member, names);
            }
        }
        _ => {
            names.insert(prefix.trim_end_matches('.').to_owned());
        }
    }
}
