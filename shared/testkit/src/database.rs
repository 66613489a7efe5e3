//! A database for each test, cloned from the migrated one and dropped afterwards.

use std::time::Duration;

use shared::clock::Clock;
use shared::config;
use shared::db::{Database, DatabaseConfig};
use shared::ids::TenantId;
use shared::limits::{Backend, Limits, MemoryLimiter};
use shared::state::App;
use shared::tenant::Tenant;
use tokio_postgres::{Client, NoTls};
use url::Url;
use uuid::Uuid;

/// How often cloning is tried while another test clones the same template.
const CLONE_ATTEMPTS_MAX: u32 = 50;

/// A fresh, migrated database.
pub struct TestDatabase {
    name: String,
    owner_url: Url,
}

impl TestDatabase {
    /// Clones the migrated database that `DATABASE_URL` names.
    pub async fn new() -> Self {
        let template = url_of("DATABASE_URL");
        Self::of(template.path().trim_start_matches('/')).await
    }

    /// One with nothing in it.
    pub async fn empty() -> Self {
        Self::of("template1").await
    }

    /// A clone of the database `source`.
    async fn of(source: &str) -> Self {
        show_failures();
        let template = url_of("DATABASE_URL");
        let name = format!("test_{}", Uuid::now_v7().simple());
        let admin = connect(&with_database(&template, "postgres")).await;
        let create = format!("CREATE DATABASE {name} TEMPLATE {source}");
        let mut attempts = 0;
        while let Err(error) = admin.batch_execute(&create).await {
            attempts += 1;
            assert!(attempts < CLONE_ATTEMPTS_MAX, "{create}: {error}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Self {
            owner_url: with_database(&template, &name),
            name,
        }
    }

    /// The URL of a service's own role, such as `projects`.
    pub fn url(&self, service: &str) -> String {
        let variable = match service {
            "auth" => "DATABASE_URL_AUTH",
            "authorizer" => "DATABASE_URL_AUTHORIZER",
            "billing" => "DATABASE_URL_BILLING",
            "projects" => "DATABASE_URL_PROJECTS",
            "relay" => "DATABASE_URL_RELAY",
            "report-worker" => "DATABASE_URL_REPORT_WORKER",
            "reports" => "DATABASE_URL_REPORTS",
            "tenants" => "DATABASE_URL_TENANTS",
            "webhooks" => "DATABASE_URL_WEBHOOKS",
            "webhooks-dispatch" => "DATABASE_URL_WEBHOOKS_DISPATCH",
            other => panic!("no service {other}"),
        };
        with_database(&url_of(variable), &self.name).to_string()
    }

    /// The URL of the owner, who migrates.
    pub fn owner_url(&self) -> String {
        self.owner_url.to_string()
    }

    /// The database as a service sees it.
    pub fn database(&self, service: &str) -> Database {
        Database::new(DatabaseConfig::new(&self.url(service), None, None).unwrap())
    }

    /// The state of a service: this database, limits in memory, the machine's clock.
    pub fn app(&self, service: &str) -> App {
        let clock = Clock::System;
        let backend = Backend::Memory(MemoryLimiter::new());
        App {
            db: self.database(service),
            limits: Limits::new(backend, clock.clone(), Duration::from_secs(1)),
            clock,
        }
    }

    /// A bare connection as the owner, for looking and for setting the scene.
    pub async fn owner(&self) -> Client {
        connect(&self.owner_url).await
    }

    /// A bare connection as a service's role.
    pub async fn client(&self, service: &str) -> Client {
        connect(&self.url(service).parse().unwrap()).await
    }

    /// Founds an active tenant.
    pub async fn tenant(&self) -> Tenant {
        let id = TenantId::new();
        let found = "INSERT INTO app.tenants (id, name) VALUES ($1, 'Acme')";
        self.owner().await.execute(found, &[&id]).await.unwrap();
        Tenant::vouched_for(id)
    }

    /// Prepares every statement as the service that runs it: they parse, every table and column
    /// exists, and the role may use them.
    pub async fn prepare_all(&self, service: &str, statements: &[&str]) {
        let client = self.client(service).await;
        for statement in statements {
            if let Err(error) = client.prepare(statement).await {
                panic!("{statement}\n{error:?}");
            }
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let admin = with_database(&self.owner_url, "postgres");
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                // A database left behind is no reason to fail a test that passed.
                let _ = connect(&admin).await.batch_execute(&drop).await;
            });
        });
        let _ = dropping.join();
    }
}

/// The causes of a 5xx stand in the log alone: shows it beside the test that fails.
fn show_failures() {
    let log = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_test_writer();
    // The first test of a binary does it for all.
    let _ = log.try_init();
}

async fn connect(url: &Url) -> Client {
    let (client, connection) = tokio_postgres::connect(url.as_str(), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn url_of(variable: &'static str) -> Url {
    let text = config::required(variable).expect("run the tests through `make test`");
    text.parse().unwrap()
}

fn with_database(url: &Url, name: &str) -> Url {
    let mut url = url.clone();
    url.set_path(name);
    url
}
