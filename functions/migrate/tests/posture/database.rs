//! A database per test, and connections to it as its owner or as one service.

use std::panic::{AssertUnwindSafe, resume_unwind};

use futures_util::FutureExt as _;
use shared::config;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, NoTls};
use url::Url;
use uuid::Uuid;

/// The services that log in, each as the role `svc_<service>`.
pub(crate) const SERVICES: [&str; 10] = [
    "auth",
    "authorizer",
    "billing",
    "projects",
    "relay",
    "report_worker",
    "reports",
    "tenants",
    "webhooks",
    "webhooks_dispatch",
];

/// One database, named after nothing so that tests cannot meet.
#[derive(Clone)]
pub(crate) struct Database {
    name: String,
}

impl Database {
    /// Runs `test` in an empty database, which is dropped however the test ends.
    pub(crate) async fn with_empty<F: Future<Output = ()>>(test: impl FnOnce(Self) -> F) {
        let database = Self {
            name: format!("posture_{}", Uuid::new_v4().simple()),
        };
        let maintenance = connect(&maintenance_url()).await;
        maintenance
            .batch_execute(&format!("CREATE DATABASE {}", database.name))
            .await
            .unwrap();
        let outcome = AssertUnwindSafe(test(database.clone()))
            .catch_unwind()
            .await;
        // Not WITH (FORCE): an owner may not end the services' sessions. The server waits for
        // those that are just leaving.
        maintenance
            .batch_execute(&format!("DROP DATABASE {}", database.name))
            .await
            .unwrap();
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
    }

    /// As [`Database::with_empty`], migrated.
    pub(crate) async fn with_migrated<F: Future<Output = ()>>(test: impl FnOnce(Self) -> F) {
        Self::with_empty(async |database| {
            migrate::apply(&database.owner_url()).await.unwrap();
            test(database).await;
        })
        .await;
    }

    /// The owner's URL of this database.
    pub(crate) fn owner_url(&self) -> String {
        let mut url = owner_url();
        url.set_path(&self.name);
        url.to_string()
    }

    /// A connection as the migrating principal.
    pub(crate) async fn owner(&self) -> Client {
        connect(&self.owner_url().parse().unwrap()).await
    }

    /// A connection as a service's login role, with that role's own settings.
    pub(crate) async fn service(&self, service: &str) -> Client {
        let mut url = config::optional(variable(service)).map_or_else(
            || {
                let mut url = owner_url();
                url.set_username(&format!("svc_{service}")).unwrap();
                url
            },
            |url| url.parse().unwrap(),
        );
        url.set_path(&self.name);
        connect(&url).await
    }

    /// A service's connection inside a transaction of `tenant`.
    pub(crate) async fn entered(&self, service: &str, tenant: Uuid) -> Client {
        let client = self.service(service).await;
        client.batch_execute("BEGIN").await.unwrap();
        client
            .execute("SELECT app.enter($1)", &[&tenant])
            .await
            .unwrap();
        client
    }
}

fn owner_url() -> Url {
    config::required("DATABASE_URL")
        .expect("run this as `cargo run -p local -- with -- cargo test -p migrate`")
        .parse()
        .unwrap()
}

/// The database that is always there, and that nobody clones: a clone needs it for itself.
fn maintenance_url() -> Url {
    let mut url = owner_url();
    url.set_path("postgres");
    url
}

fn variable(service: &str) -> &'static str {
    match service {
        "auth" => "DATABASE_URL_AUTH",
        "authorizer" => "DATABASE_URL_AUTHORIZER",
        "billing" => "DATABASE_URL_BILLING",
        "projects" => "DATABASE_URL_PROJECTS",
        "relay" => "DATABASE_URL_RELAY",
        "report_worker" => "DATABASE_URL_REPORT_WORKER",
        "reports" => "DATABASE_URL_REPORTS",
        "tenants" => "DATABASE_URL_TENANTS",
        "webhooks" => "DATABASE_URL_WEBHOOKS",
        "webhooks_dispatch" => "DATABASE_URL_WEBHOOKS_DISPATCH",
        other => panic!("no service {other}"),
    }
}

async fn connect(url: &Url) -> Client {
    let (client, connection) = tokio_postgres::connect(url.as_str(), NoTls).await.unwrap();
    // Its error comes back to the statement that was running.
    drop(tokio::spawn(connection));
    client
}

/// The SQLSTATE of a statement that has to fail.
pub(crate) fn state<T>(outcome: Result<T, Error>) -> SqlState {
    match outcome {
        Ok(_) => panic!("the statement was accepted"),
        Err(error) => error.code().expect("an answer of the server").clone(),
    }
}
