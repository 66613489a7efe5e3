//! A primary, its replica, and the projects function in front of them.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::Router;
use local::postgres::{
    Cluster, ClusterOptions, REPLICABLE,
    database::{self, DATABASE, Earlier},
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use shared::{
    clock::Clock,
    db::{Database, DatabaseConfig, ReplicaConfig},
    ids::TenantId,
    limits::{Backend, Limits, MemoryLimiter},
    pipeline,
    state::App,
    tenant::Tenant,
};
use testkit::{Call, Caller, Reply};
use tokio::time::{Instant, sleep};
use tokio_postgres::{Client, NoTls};

/// Far longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
/// Further than any replica of these tests is behind.
pub(crate) const ANY_LAG: Duration = Duration::from_hours(1);

/// A primary with the bundle's database.
pub(crate) async fn primary(test: &str) -> Cluster {
    let options = ClusterOptions {
        dir: empty(&format!("{test}-primary")),
        durable: false,
    };
    let cluster = Cluster::start_with(options, &REPLICABLE).await.unwrap();
    database::prepare(&cluster, Earlier::Keep).await.unwrap();
    cluster
}

/// A folder of the test's own, empty at its start.
fn empty(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("session")
        .join(name);
    if dir.exists() {
        fs::remove_dir_all(&dir).unwrap();
    }
    dir
}

/// The projects function's own URL.
pub(crate) fn url(cluster: &Cluster) -> String {
    database::service_url(cluster, "projects")
}

pub(crate) fn config(url: &str) -> DatabaseConfig {
    DatabaseConfig::new(url, None, None).unwrap()
}

/// A replica that is waited for, however busy the machine is.
pub(crate) fn replica(url: &str, lag_max: Duration) -> ReplicaConfig {
    ReplicaConfig::new(config(url), lag_max).patience(PATIENCE)
}

/// The projects function with this database.
pub(crate) fn service(db: Database, clock: Clock) -> Router {
    let backend = Backend::Memory(MemoryLimiter::new());
    let app = App {
        db,
        limits: Limits::new(backend, clock.clone(), Duration::from_secs(1)),
        clock,
    };
    pipeline::service(projects::routes::table(), app)
}

pub(crate) async fn superuser(cluster: &Cluster) -> Client {
    let url = cluster.superuser_url(DATABASE);
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    drop(tokio::spawn(connection));
    client
}

/// Founds an active tenant.
pub(crate) async fn tenant(cluster: &Cluster) -> Caller {
    let id = TenantId::new();
    let found = "INSERT INTO app.tenants (id, name) VALUES ($1, 'Acme')";
    let client = superuser(cluster).await;
    client.execute(found, &[&id]).await.unwrap();
    Caller::owner(Tenant::vouched_for(id))
}

/// Creates a project and answers with the whole reply.
pub(crate) async fn create(service: &Router, caller: &Caller, name: &str) -> Reply {
    Call::post("/v2/projects", &json!({ "name": name }))
        .header("idempotency-key", &format!("create-{name}"))
        .by(caller)
        .send(service)
        .await
        .expect(201)
}

/// The list, asked for with this token; with none when it is empty.
pub(crate) async fn list(service: &Router, caller: &Caller, token: &str) -> Reply {
    let call = Call::get("/v2/projects").by(caller);
    let call = match token {
        "" => call,
        token => call.header("consistency-token", token),
    };
    call.send(service).await
}

/// The names on a list, oldest first.
pub(crate) fn names(reply: &Reply) -> Vec<String> {
    let body = reply.json();
    let rows = body["data"].as_array().unwrap().iter().rev();
    let name = |row: &Value| row["name"].as_str().unwrap().to_owned();
    rows.map(name).collect()
}

/// A primary and the replica that follows it.
pub(crate) struct Scene {
    pub(crate) primary: Cluster,
    pub(crate) replica: Cluster,
}

impl Scene {
    pub(crate) async fn new(test: &str) -> Self {
        let primary = primary(test).await;
        let options = ClusterOptions {
            dir: empty(&format!("{test}-replica")),
            durable: false,
        };
        let replica = Cluster::start_standby(&primary, options).await.unwrap();
        Self { primary, replica }
    }

    /// The projects function, which reads from a replica that is `lag_max` behind at most.
    pub(crate) fn service(&self, lag_max: Duration) -> Router {
        self.service_with(replica(&url(&self.replica), lag_max))
    }

    pub(crate) fn service_with(&self, replica: ReplicaConfig) -> Router {
        let db = Database::with_replica(config(&url(&self.primary)), Some(replica));
        service(db, Clock::System)
    }

    /// Founds a tenant, and waits until the replica has it.
    pub(crate) async fn tenant(&self) -> Caller {
        let caller = tenant(&self.primary).await;
        self.caught_up().await;
        caller
    }

    /// Waits until the replica has replayed everything.
    pub(crate) async fn caught_up(&self) {
        let end = "SELECT pg_current_wal_insert_lsn()::text";
        let end: String = ask(&self.primary, end).await;
        let replayed = format!("SELECT pg_last_wal_replay_lsn() >= '{end}'::pg_lsn");
        let deadline = Instant::now() + PATIENCE;
        while !ask::<bool>(&self.replica, &replayed).await {
            assert!(Instant::now() < deadline, "the replica does not catch up");
            sleep(PATIENCE / 3_000).await;
        }
    }

    /// Stops the replay of what arrives, as long as it takes to take effect.
    pub(crate) async fn pause(&self) {
        let replica = superuser(&self.replica).await;
        replica
            .batch_execute("SELECT pg_wal_replay_pause()")
            .await
            .unwrap();
        let paused = "SELECT pg_get_wal_replay_pause_state() = 'paused'";
        let deadline = Instant::now() + PATIENCE;
        while !ask::<bool>(&self.replica, paused).await {
            assert!(Instant::now() < deadline, "replay is not paused");
            sleep(PATIENCE / 3_000).await;
        }
    }

    pub(crate) async fn resume(&self) {
        let replica = superuser(&self.replica).await;
        replica
            .batch_execute("SELECT pg_wal_replay_resume()")
            .await
            .unwrap();
        self.caught_up().await;
    }

    /// Kills the replica's first process; the others see it and end.
    pub(crate) async fn kill_replica(&self) {
        let pid = i32::try_from(self.replica.pid().unwrap()).unwrap();
        kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        let url = self.replica.superuser_url(DATABASE);
        let deadline = Instant::now() + PATIENCE;
        while tokio_postgres::connect(&url, NoTls).await.is_ok() {
            assert!(Instant::now() < deadline, "still there");
            sleep(PATIENCE / 3_000).await;
        }
    }

    pub(crate) async fn stop(self) {
        self.replica.stop().await.unwrap();
        self.primary.stop().await.unwrap();
    }
}

/// The one value that a statement of the superuser's answers with.
pub(crate) async fn ask<T>(cluster: &Cluster, statement: &str) -> T
where
    T: for<'a> tokio_postgres::types::FromSql<'a>,
{
    let client = superuser(cluster).await;
    client.query_one(statement, &[]).await.unwrap().get(0)
}
