//! Databases as months of work by all tenants would leave them.

use std::mem;
use std::pin::pin;
use std::time::Instant;

use bytes::Bytes;
use futures_util::SinkExt as _;
use local::postgres::Cluster;
use local::postgres::database::OWNER;
use local::say::say;
use tokio_postgres::{Client, NoTls};

use super::ScaleError;
use super::place::{IDENTITY, LARGE, SESSIONS, SMALL};
use super::rows::{Lines, Table, made};

/// How many rows one statement takes.
const COPY_ROWS: usize = 500_000;
/// How much is sent at a time.
const BUFFER_BYTES: usize = 256 * 1024;

/// Events that wait for the relay: more than all rounds take.
const WAITING: u32 = 100_000;

/// Makes the database `name`, with `tenants` tenants of `rows` rows each and the two beyond them.
pub(super) async fn database(
    cluster: &Cluster,
    name: &str,
    tenants: u64,
    rows: u64,
) -> Result<(), ScaleError> {
    let begun = Instant::now();
    let maintenance = connect(&cluster.superuser_url("postgres")).await?;
    for statement in [
        format!("DROP DATABASE IF EXISTS {name}"),
        format!("CREATE DATABASE {name} OWNER {OWNER}"),
    ] {
        maintenance.batch_execute(&statement).await?;
    }
    let owner = cluster.url(OWNER, &cluster.password(OWNER), name);
    migrate::apply(&owner).await?;
    // As superuser, whom no policy holds.
    let client = connect(&cluster.superuser_url(name)).await?;
    client.batch_execute(IDENTITY).await?;
    client.batch_execute(&people(tenants)).await?;
    let other = connect(&cluster.superuser_url(name)).await?;
    let of_projects = async {
        for table in [Table::Projects, Table::ProjectEvents, Table::Answers] {
            copy(&client, table, tenants, rows).await?;
        }
        Ok(())
    };
    let of_others = async {
        for table in [Table::Reports, Table::Usage] {
            copy(&other, table, tenants, rows).await?;
        }
        Ok::<_, ScaleError>(())
    };
    tokio::try_join!(of_projects, of_others)?;
    client.batch_execute(&waiting(tenants)).await?;
    // Freezes and counts, so that no autovacuum does while times are taken.
    client.batch_execute("VACUUM (ANALYZE)").await?;
    client.batch_execute("CHECKPOINT").await?;
    warm(&client).await?;
    let size = "SELECT pg_size_pretty(pg_database_size(current_database()))";
    let size: String = client.query_one(size, &[]).await?.try_get(0)?;
    say(format_args!(
        "made {tenants} tenants of {rows} rows: {size} in {} s",
        begun.elapsed().as_secs()
    ));
    Ok(())
}

/// What all databases of the cluster have together, in MB.
pub(super) async fn size_mb(cluster: &Cluster) -> Result<u32, ScaleError> {
    let maintenance = connect(&cluster.superuser_url("postgres")).await?;
    let sizes = "SELECT (sum(pg_database_size(oid)) / 1048576)::bigint FROM pg_database";
    let mb: i64 = maintenance.query_one(sizes, &[]).await?.try_get(0)?;
    Ok(u32::try_from(mb).unwrap_or(u32::MAX))
}

/// Copies of tables without a policy, for statements that say the tenant themselves: the same rows in
/// the same order, under the same indexes.
pub(super) async fn twins(cluster: &Cluster, name: &str) -> Result<(), ScaleError> {
    let client = connect(&cluster.superuser_url(name)).await?;
    client.batch_execute(TWINS).await?;
    client.batch_execute("VACUUM (ANALYZE)").await?;
    warm(&client).await
}

const TWINS: &str = "
CREATE SCHEMA plain;
GRANT USAGE ON SCHEMA plain TO svc_projects, svc_reports;
CREATE TABLE plain.projects (LIKE projects.projects INCLUDING ALL);
INSERT INTO plain.projects (tenant_id, id, name, description, status, version, created_at, updated_at)
SELECT tenant_id, id, name, description, status, version, created_at, updated_at FROM projects.projects;
GRANT SELECT ON plain.projects TO svc_projects;
CREATE TABLE plain.reports (LIKE reports.reports INCLUDING ALL);
INSERT INTO plain.reports SELECT * FROM reports.reports;
GRANT SELECT ON plain.reports TO svc_reports";

/// Drops the databases, once nobody is connected to them.
pub(super) async fn forget(cluster: &Cluster, names: [&str; 3]) -> Result<(), ScaleError> {
    let maintenance = connect(&cluster.superuser_url("postgres")).await?;
    for name in names {
        let drop = format!("DROP DATABASE {name} WITH (FORCE)");
        maintenance.batch_execute(&drop).await?;
    }
    Ok(())
}

/// Tenants with a plan, a member and that one's sessions; the two extra ones with more members.
fn people(tenants: u64) -> String {
    let [small, large] = [SMALL, LARGE].map(|extra| (tenants + extra.after, extra.members));
    format!(
        "
CREATE TEMP TABLE people AS
SELECT n, 1::bigint AS members FROM generate_series(1, {tenants}::bigint) AS n
UNION ALL VALUES ({}, {}), ({}, {});

INSERT INTO app.tenants (id, name)
SELECT pg_temp.identity(0, n), 'Tenant ' || n FROM people ORDER BY n;

INSERT INTO billing.subscriptions (tenant_id, plan_id)
SELECT pg_temp.identity(0, n), 'enterprise' FROM people ORDER BY n;

CREATE TEMP TABLE members AS
SELECT p.n, m, pg_temp.identity(m, p.n) AS id FROM people AS p, generate_series(1, p.members) AS m;

INSERT INTO auth.users (id, email, password_hash, name)
SELECT id, id || '@bench.example', '-', 'Member' FROM members ORDER BY m, n;

INSERT INTO auth.memberships (tenant_id, user_id, role)
SELECT pg_temp.identity(0, n), id, 'owner' FROM members ORDER BY m, n;

INSERT INTO auth.sessions (tenant_id, id, user_id, expires_at)
SELECT pg_temp.identity(0, n), pg_temp.identity((m - 1) * {SESSIONS} + s, n), id, now() + interval '1 day'
  FROM members, generate_series(0, {SESSIONS} - 1) AS s
 ORDER BY s, m, n;",
        small.0, small.1, large.0, large.1
    )
}

/// Fills a table, some statements after another: what a statement's triggers collect is bounded so.
async fn copy(client: &Client, table: Table, tenants: u64, rows: u64) -> Result<(), ScaleError> {
    let lines = Lines::of_this_month();
    let mut made = made(tenants, rows)
        .filter(|made| table.has(made))
        .peekable();
    while made.peek().is_some() {
        let mut sink = pin!(client.copy_in::<_, Bytes>(table.copy()).await?);
        let mut buffer = String::with_capacity(BUFFER_BYTES);
        for made in made.by_ref().take(COPY_ROWS) {
            lines.write(table, &made, &mut buffer);
            if buffer.len() >= BUFFER_BYTES {
                sink.feed(mem::take(&mut buffer).into()).await?;
            }
        }
        sink.feed(buffer.into()).await?;
        sink.finish().await?;
    }
    Ok(())
}

/// Brings every block into the cluster's memory. Tables that were filled, and those that were read from
/// end to end, are not kept there by themselves.
pub(super) async fn warm(client: &Client) -> Result<(), ScaleError> {
    let there = "SELECT FROM pg_available_extensions WHERE name = 'pg_prewarm'";
    if client.execute(there, &[]).await? == 0 {
        say("no pg_prewarm here: blocks come from the system's memory when they are first read");
        return Ok(());
    }
    client.batch_execute(WARM).await?;
    Ok(())
}

const WARM: &str = "
CREATE EXTENSION IF NOT EXISTS pg_prewarm;
SELECT sum(pg_prewarm(c.oid)) FROM pg_class AS c WHERE c.relkind IN ('r', 'i', 't') AND c.relpersistence = 'p'";

fn waiting(tenants: u64) -> String {
    format!(
        "
INSERT INTO projects.outbox (tenant_id, id, type, data, dedup, occurred_at)
SELECT pg_temp.identity(0, 1 + i % {tenants}), gen_random_uuid(), 'project.created', '{{}}', 'waiting ' || i,
       now() - interval '1 hour'
  FROM generate_series(1, {WAITING}::bigint) AS i"
    )
}

async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // Its error comes back to the statement that was running.
    drop(tokio::spawn(connection));
    Ok(client)
}
