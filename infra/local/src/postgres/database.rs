//! The bundle's database inside a cluster: its owner, its migrations, its services' passwords.

use tokio_postgres::{Client, NoTls};

use super::{Cluster, PostgresError, initialise::SUPERUSER, migrations};

/// The database's name.
pub const DATABASE: &str = "tenantry";
/// The role that owns the database and migrates it.
///
/// As the master user of Amazon RDS it may create roles and databases and is no superuser, so
/// what it cannot do here it could not do there.
pub const OWNER: &str = "tenantry";
/// The services that log in, each by its own role `svc_<service>`.
pub const SERVICES: [&str; 10] = [
    "authorizer",
    "auth",
    "billing",
    "projects",
    "reports",
    "report_worker",
    "relay",
    "tenants",
    "webhooks",
    "webhooks_dispatch",
];

/// What to do with a database that an earlier run left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    /// Keep it and bring it up to date.
    Keep,
    /// Drop it, with every other database and role of the cluster, and begin anew.
    Drop,
}

/// The connection URL of the database's owner.
pub fn owner_url(cluster: &Cluster) -> String {
    cluster.url(OWNER, &cluster.password(OWNER), DATABASE)
}

/// The connection URL of one of the [`SERVICES`].
pub fn service_url(cluster: &Cluster, service: &str) -> String {
    let role = role_of(service);
    cluster.url(&role, &cluster.password(&role), DATABASE)
}

/// Creates the database where it is absent, migrates it and gives every service its password.
///
/// Answers what the migrations' linter advises and did not insist on.
///
/// # Errors
///
/// A statement or a migration failed.
pub async fn prepare(cluster: &Cluster, earlier: Earlier) -> Result<Vec<String>, PostgresError> {
    let client = connect(&cluster.superuser_url("postgres")).await?;
    if earlier == Earlier::Drop {
        drop_all(&client).await?;
    }
    create(&client, &cluster.password(OWNER)).await?;
    let advice = migrations::apply(&owner_url(cluster)).await?;
    for service in SERVICES {
        let role = role_of(service);
        let found = client
            .query_opt("SELECT 1 FROM pg_roles WHERE rolname = $1", &[&role])
            .await?;
        if found.is_some() {
            let password = cluster.password(&role);
            let statement = format!("ALTER ROLE \"{role}\" LOGIN PASSWORD '{password}'");
            client.batch_execute(&statement).await?;
        }
    }
    Ok(advice)
}

fn role_of(service: &str) -> String {
    format!("svc_{service}")
}

async fn create(client: &Client, password: &str) -> Result<(), PostgresError> {
    let role = client
        .query_opt("SELECT 1 FROM pg_roles WHERE rolname = $1", &[&OWNER])
        .await?;
    let verb = if role.is_some() { "ALTER" } else { "CREATE" };
    let options = "LOGIN CREATEDB CREATEROLE NOSUPERUSER NOBYPASSRLS";
    client
        .batch_execute(&format!(
            "{verb} ROLE \"{OWNER}\" {options} PASSWORD '{password}'"
        ))
        .await?;
    let database = client
        .query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&DATABASE])
        .await?;
    if database.is_none() {
        client
            .batch_execute(&format!("CREATE DATABASE \"{DATABASE}\" OWNER \"{OWNER}\""))
            .await?;
    }
    Ok(())
}

/// Empties the cluster: test runs that were killed leave databases of any name.
async fn drop_all(client: &Client) -> Result<(), PostgresError> {
    let databases = client
        .query(
            "SELECT format('%I', datname) FROM pg_database
             WHERE NOT datistemplate AND datname <> 'postgres'",
            &[],
        )
        .await?;
    for row in databases {
        let name: String = row.try_get(0)?;
        client
            .batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
            .await?;
    }
    let roles = client
        .query_one(
            r"SELECT string_agg(format('%I', rolname), ', ') FROM pg_roles
              WHERE rolname NOT LIKE 'pg\_%' AND rolname <> $1",
            &[&SUPERUSER],
        )
        .await?;
    if let Some(names) = roles.try_get::<_, Option<String>>(0)? {
        client.batch_execute(&format!("DROP ROLE {names}")).await?;
    }
    Ok(())
}

async fn connect(url: &str) -> Result<Client, PostgresError> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // Its error comes back to the statement that was running.
    drop(tokio::spawn(connection));
    Ok(client)
}
