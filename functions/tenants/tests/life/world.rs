//! Tenants with a row in every table, objects and counters, and the function.

use auth::access::AccessTokens;
use auth::state::Auth;
use axum::Router;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::config;
use shared::db::{Database, DatabaseConfig, Door};
use shared::deadline::Deadline;
use shared::ids::ReportId;
use shared::limits::Scope;
use shared::pipeline;
use shared::storage::{Format, ObjectKey};
use shared::tenant::Tenant;
use shared::token::TokenNames;
use tenants::{Tenants, TenantsError};
use testkit::{Call, TestBucket, TestDatabase, TestTable};
use tokio_postgres::Client;
use uuid::Uuid;

pub(crate) const ISSUER: &str = "https://api.example.com/v2/auth";
const SEED: &str = include_str!("seed.sql");
const SWEEP: &str = include_str!("../../../../events/tenants-sweep.json");
const EXPORT: &str = include_str!("../../../../events/tenants-export.json");
const OFFBOARD: &str = include_str!("../../../../events/tenants-offboard.json");

pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) bucket: TestBucket,
    pub(crate) table: TestTable,
    pub(crate) owner: Client,
}

/// A tenant, and the word that everything of it says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resident {
    pub(crate) tenant: Tenant,
    pub(crate) user: Uuid,
    pub(crate) word: &'static str,
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::new().await;
        let world = Self {
            owner: database.owner().await,
            bucket: TestBucket::new().await,
            table: TestTable::new().await,
            database,
        };
        world.publish().await;
        world
    }

    /// The function `auth`, which has the same key.
    pub(crate) fn issuer(&self) -> Router {
        let names = TokenNames {
            issuer: ISSUER.to_owned(),
            audience: "tenantry-api".to_owned(),
        };
        let tokens = AccessTokens::new(names, 600, self.function().signing_key);
        let state = Auth::new(self.database.app("auth"), tokens);
        pipeline::service(auth::routes::table(), state)
    }

    /// Has it publish the key, as it does before it issues the first token.
    pub(crate) async fn publish(&self) {
        let keys = Call::get("/v2/auth/.well-known/jwks.json");
        keys.send(&self.issuer()).await.expect(200);
    }

    /// One environment of the function.
    pub(crate) fn function(&self) -> Tenants {
        let url = self.database.url("tenants");
        let file = config::required("TOKEN_SIGNING_KEY_FILE").unwrap();
        Tenants {
            clock: Clock::System,
            db: Database::behind(
                Door::Leaving,
                DatabaseConfig::new(&url, None, None).unwrap(),
            ),
            storage: self.bucket.storage(),
            limits: self.table.limiter(),
            issuer: ISSUER.to_owned(),
            signing_key: std::fs::read_to_string(file).unwrap(),
        }
    }

    pub(crate) async fn handle(&self, event: Value) -> Result<Value, TenantsError> {
        self.function().handle(event, &Deadline::never()).await
    }

    /// An operator's command.
    pub(crate) async fn command(
        &self,
        command: &str,
        tenant: Tenant,
    ) -> Result<Value, TenantsError> {
        self.handle(json!({"command": command, "tenant_id": tenant.id()}))
            .await
    }

    pub(crate) async fn offboard(&self, tenant: Tenant) -> Value {
        self.handle(about(OFFBOARD, tenant)).await.unwrap()
    }

    pub(crate) async fn export(&self, tenant: Tenant) -> Value {
        self.handle(export(tenant)).await.unwrap()
    }

    pub(crate) async fn sweep(&self) -> Value {
        self.handle(sweep()).await.unwrap()
    }

    /// Lets the days pass until the tenants that are leaving have to go.
    pub(crate) async fn let_time_pass(&self) {
        let past = "UPDATE app.tenants SET leaves_at = now() WHERE status = 'offboarding'";
        self.owner.execute(past, &[]).await.unwrap();
    }

    /// A tenant with rows in every table, two objects, and counters.
    pub(crate) async fn resident(&self, word: &'static str, projects: u32) -> Resident {
        let resident = Resident {
            tenant: Tenant::vouched_for(shared::ids::TenantId::new()),
            user: Uuid::now_v7(),
            word,
        };
        let tenant = resident.tenant;
        let user = resident.user.to_string();
        let seed = SEED
            .replace("{tenant}", &tenant.id().to_string())
            .replace("{user}", &user)
            .replace("{user8}", &user[..24])
            .replace("{word}", word)
            .replace("{projects}", &projects.to_string());
        let seed = format!("BEGIN; {seed}; COMMIT");
        self.owner.batch_execute(&seed).await.unwrap();
        for fence in [1, 2] {
            let report = ReportId::new();
            let key = ObjectKey::Report {
                tenant,
                report,
                fence,
                format: Format::Pdf,
            };
            self.bucket.storage().put(&key, word.into()).await.unwrap();
        }
        // One item, and several for a quota that needs shards.
        for quotas in ["minute=100", "minute=100000"] {
            let quotas = quotas.parse().unwrap();
            let scope = Scope::tenant(tenant.id());
            let limiter = self.table.limiter();
            for at_ms in [1_790_000_000_000, 1_790_000_000_001] {
                limiter.take(&scope, &quotas, 1, at_ms).await.unwrap();
            }
        }
        resident
    }

    /// Moves a tenant to a silo, or back to the pool.
    pub(crate) async fn move_to(&self, tenant: Tenant, place: &str) {
        self.migrate(json!({"move_tenant": {"tenant_id": tenant.id(), "to": place}}))
            .await;
    }

    /// Has the function `migrate` carry out a task.
    pub(crate) async fn migrate(&self, task: Value) {
        let url = self.database.owner_url();
        let config = DatabaseConfig::new(&url, None, None).unwrap();
        let task = serde_json::from_value(task).unwrap();
        let done = migrate::perform(task, &config, &Deadline::never()).await;
        done.unwrap();
    }

    pub(crate) async fn status(&self, tenant: Tenant) -> String {
        let find = "SELECT status FROM app.tenants WHERE id = $1";
        let row = self.owner.query_one(find, &[&tenant.id()]).await.unwrap();
        row.get(0)
    }

    /// What the bucket and the table of limits hold of a tenant.
    pub(crate) async fn outside(&self, tenant: Tenant) -> Vec<String> {
        let mut keys = self.bucket.keys().await;
        keys.extend(self.table.keys().await);
        let id = tenant.id().to_string();
        keys.retain(|key| key.contains(&id));
        keys
    }
}

fn about(event: &str, tenant: Tenant) -> Value {
    let mut event: Value = serde_json::from_str(event).unwrap();
    event["tenant_id"] = tenant.id().to_string().into();
    event
}

pub(crate) fn export(tenant: Tenant) -> Value {
    about(EXPORT, tenant)
}

pub(crate) fn sweep() -> Value {
    serde_json::from_str(SWEEP).unwrap()
}
