//! The function's real service over a database of its own, and what must hold between calls.

use std::collections::BTreeMap;

use axum::Router;
use shared::clock::Clock;
use shared::pipeline;
use shared::state::App;
use testkit::{Call, Caller, Reply, TestDatabase};
use time::Duration;
use tokio::runtime::{Builder, Runtime};

use super::operation::{INSTANCES, Step, TENANTS, Version};
use super::play;
use super::reference::Tenant;

/// Rows in one page at most, as the API has it: more than a history makes.
const ROWS_MAX: usize = 100;

pub(super) struct World {
    database: TestDatabase,
    services: Vec<Router>,
    clock: Clock,
    runtime: Runtime,
}

impl World {
    pub(super) fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let database = runtime.block_on(TestDatabase::new());
        let clock = Clock::fixed(Clock::System.now());
        let instance = |_| {
            let app = App {
                clock: clock.clone(),
                ..database.app("projects")
            };
            pipeline::service(projects::routes::table(), app)
        };
        Self {
            services: (0..INSTANCES).map(instance).collect(),
            database,
            clock,
            runtime,
        }
    }

    /// Has the owner of the database open a hole.
    pub(super) fn open(&self, hole: &str) {
        self.runtime.block_on(async {
            let owner = self.database.owner().await;
            owner.batch_execute(hole).await.unwrap();
        });
    }

    /// Plays a history from the start, with new tenants beside those of the histories before.
    pub(super) fn play(&self, history: &[Step]) -> Result<(), String> {
        self.runtime.block_on(async {
            let mut tenants = Vec::new();
            for _ in 0..TENANTS {
                let caller = Caller::owner(self.database.tenant().await);
                tenants.push(Tenant::new(caller));
            }
            for step in history {
                // Each project has a time of its own, so that the order of a list is known.
                self.clock.advance(Duration::MILLISECOND);
                let service = &self.services[step.instance];
                play::step(service, &mut tenants, step).await?;
                for tenant in &tenants {
                    self.shows_its_own(tenant).await?;
                }
            }
            self.things_are_reached_by_their_tenant(&tenants).await?;
            self.events_are_their_tenants(&tenants).await
        })
    }

    async fn ask(&self, tenant: &Tenant, target: &str) -> Reply {
        Call::get(target)
            .by(&tenant.caller)
            .send(&self.services[0])
            .await
    }

    /// A tenant's list is its rows, all of them and nobody else's, and so is its total.
    async fn shows_its_own(&self, tenant: &Tenant) -> Result<(), String> {
        let list = self
            .ask(tenant, &format!("/v2/projects?limit={ROWS_MAX}"))
            .await;
        let list = list.json();
        let rows = list["data"].as_array().cloned().unwrap_or_default();
        play::same_rows(tenant, &rows, Version::V2)?;
        let (total, expected) = (list["meta"]["total"].as_u64(), tenant.projects.len());
        play::ensure(total == u64::try_from(expected).ok(), || {
            format!("the total is {total:?}, not {expected}")
        })
    }

    /// Each thing is there for its tenant and for nobody else.
    async fn things_are_reached_by_their_tenant(&self, tenants: &[Tenant]) -> Result<(), String> {
        for (owner, theirs) in tenants.iter().enumerate() {
            for project in &theirs.projects {
                for (caller, tenant) in tenants.iter().enumerate() {
                    let reply = self
                        .ask(tenant, &format!("/v2/projects/{}", project.id))
                        .await;
                    let expected = if caller == owner { 200 } else { 404 };
                    let status = reply.status.as_u16();
                    play::ensure(status == expected, || {
                        format!("tenant {caller} got {status} for a project of tenant {owner}")
                    })?;
                }
            }
        }
        Ok(())
    }

    /// What is told to others about a tenant is what that tenant did.
    async fn events_are_their_tenants(&self, tenants: &[Tenant]) -> Result<(), String> {
        let sql = "SELECT tenant_id::text, count(*) FROM projects.outbox GROUP BY 1";
        let rows = self.database.owner().await.query(sql, &[]).await.unwrap();
        let counts: BTreeMap<String, i64> =
            rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        for tenant in tenants {
            let id = tenant.caller.tenant.id().to_string();
            let count = counts.get(&id).copied().unwrap_or(0);
            play::ensure(count == tenant.events(), || {
                format!("{count} events, not {}", tenant.events())
            })?;
        }
        Ok(())
    }
}
