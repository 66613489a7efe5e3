//! Requests and jobs of several tenants that do not stop, and what became of each.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use local::api::{Call, Reply, Texts};
use reqwest::Method;
use tokio::{sync::watch, task::JoinSet, time::sleep};

use crate::{
    tenant::{Tenant, order},
    world::{OFTEN, World, until},
};

const TENANTS: usize = 3;
/// So many requests of a tenant are far from the limit of its plan.
const PAUSE: Duration = Duration::from_millis(500);
/// A report is ordered in one of so many rounds.
const ROUNDS_PER_REPORT: u64 = 5;

/// Tenants whose plan allows for the load.
pub(crate) async fn tenants(world: &World) -> Vec<Tenant> {
    let mut tenants = Vec::new();
    for _ in 0..TENANTS {
        let owner = Tenant::sign_up(world).await;
        let change = Call::new(Method::PATCH, "/v2/billing/subscription");
        let change = change
            .json(&Texts(&[("plan", "pro")]))
            .header("if-match", "*");
        owner.expect(200, change).await;
        // The gateway remembers the plan of a token that it has seen.
        tenants.push(Tenant::log_in(world, owner.email).await);
    }
    tenants
}

/// What was asked for, and what came of it.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// How many requests were answered as they should be.
    pub(crate) answered: u64,
    /// What the others got.
    pub(crate) failed: Vec<String>,
    /// How many projects were acknowledged, by their tenants.
    projects: BTreeMap<String, u64>,
    /// The reports whose order was acknowledged, each with its tenant.
    pub(crate) reports: Vec<(String, String)>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.answered += other.answered;
        self.failed.extend(other.failed);
        self.projects.extend(other.projects);
        self.reports.extend(other.reports);
    }

    /// Finds everything that was acknowledged: each project is there, and each report was made once.
    pub(crate) async fn assert_nothing_lost(&self, world: &World, tenants: &[Tenant]) {
        for tenant in tenants {
            let own = self.reports.iter().filter(|(owner, _)| *owner == tenant.id);
            let mut count = 0;
            for (_, id) in own {
                let report = tenant.finished_report(id).await;
                assert_eq!(report["status"], "succeeded", "{report}");
                count += 1;
            }
            tenant.usage(world, "reports", count).await;
            let list = tenant.get("/v2/projects?limit=1").await.json();
            assert_eq!(list["meta"]["total"], self.projects[&tenant.id]);
        }
    }
}

/// Tenants at work.
pub(crate) struct Load {
    going: watch::Sender<bool>,
    rounds: Arc<AtomicU64>,
    clients: JoinSet<Tally>,
}

impl Load {
    pub(crate) fn start(tenants: &[Tenant]) -> Self {
        let going = watch::Sender::new(true);
        let rounds = Arc::<AtomicU64>::default();
        let mut clients = JoinSet::new();
        for tenant in tenants {
            let client = Client {
                tenant: tenant.clone(),
                tally: Tally::default(),
            };
            clients.spawn(client.run(going.subscribe(), Arc::clone(&rounds)));
        }
        Self {
            going,
            rounds,
            clients,
        }
    }

    /// Returns when there have been so many rounds more.
    pub(crate) async fn go_on(&self, rounds: u64) {
        let wanted = self.rounds.load(Ordering::Relaxed) + rounds;
        until("more rounds", OFTEN, async || {
            self.rounds.load(Ordering::Relaxed) >= wanted
        })
        .await;
    }

    /// Ends it; requests that are under way are answered.
    pub(crate) async fn stop(self) -> Tally {
        self.going.send_replace(false);
        let mut tally = Tally::default();
        for own in self.clients.join_all().await {
            tally.add(own);
        }
        tally
    }
}

struct Client {
    tenant: Tenant,
    tally: Tally,
}

impl Client {
    async fn run(mut self, going: watch::Receiver<bool>, rounds: Arc<AtomicU64>) -> Tally {
        let mut round = 0;
        while *going.borrow() {
            self.round(round).await;
            rounds.fetch_add(1, Ordering::Relaxed);
            round += 1;
            sleep(PAUSE).await;
        }
        self.tally
    }

    async fn round(&mut self, round: u64) {
        let create = Call::post("/v2/projects", &Texts(&[("name", "Gripper")]));
        if self.ask(201, create.once()).await.is_some() {
            let id = self.tenant.id.clone();
            *self.tally.projects.entry(id).or_default() += 1;
        }
        for path in [
            "/v1/projects",
            "/v2/projects",
            "/v2/auth/me",
            "/v2/billing/usage",
            "/v2/reports",
            "/v2/webhooks/endpoints",
        ] {
            self.ask(200, Call::get(path)).await;
        }
        if round.is_multiple_of(ROUNDS_PER_REPORT)
            && let Some(reply) = self.ask(202, order().once()).await
        {
            let id = self.tenant.id.clone();
            self.tally.reports.push((id, reply.text("/id")));
        }
    }

    /// The reply, if it is the one that there should be.
    async fn ask(&mut self, status: u16, call: Call) -> Option<Reply> {
        let name = call.name();
        match self.tenant.try_send(call).await {
            Ok(reply) if reply.status == status => {
                self.tally.answered += 1;
                Some(reply)
            }
            Ok(reply) => {
                let failed = format!("{name}: {} {}", reply.status.as_u16(), reply.json());
                self.tally.failed.push(failed);
                None
            }
            Err(error) => {
                self.tally.failed.push(error.to_string());
                None
            }
        }
    }
}
