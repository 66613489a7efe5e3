//! Databases as months of work by all tenants would leave them, made by few statements.

use local::postgres::Cluster;
use local::postgres::database::OWNER;
use tokio_postgres::{Client, NoTls};

use super::ScaleError;
use super::place::{Extra, IDENTITY, LARGE, SESSIONS, SMALL};

/// Events that wait for the relay: more than all rounds take.
const WAITING: u32 = 100_000;

/// Makes the database `name`, with `tenants` tenants of `rows` rows each and the two beyond them.
pub(super) async fn database(
    cluster: &Cluster,
    name: &str,
    tenants: u64,
    rows: u64,
) -> Result<(), ScaleError> {
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
    client.batch_execute(&work(tenants, rows)).await?;
    client.batch_execute(ROWS).await?;
    client.batch_execute(&waiting(tenants)).await?;
    // Freezes and counts, so that no autovacuum does while times are taken.
    client.batch_execute("VACUUM (ANALYZE)").await?;
    client.batch_execute("CHECKPOINT").await?;
    Ok(())
}

/// Copies of tables without a policy, for statements that say the tenant themselves: the same rows in
/// the same order, under the same indexes.
pub(super) async fn twins(cluster: &Cluster, name: &str) -> Result<(), ScaleError> {
    let client = connect(&cluster.superuser_url(name)).await?;
    client.batch_execute(TWINS).await?;
    client.batch_execute("VACUUM (ANALYZE)").await?;
    Ok(())
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

/// The numbers of all rows, each with its tenant and the moment it was made. Rows of different
/// tenants lie side by side, the extra ones' spread over the whole time.
fn work(tenants: u64, rows: u64) -> String {
    let all = tenants * rows;
    let extra = |extra: Extra| {
        format!(
            "SELECT {first} + k, {tenant}, k, k * {all} / {rows} FROM generate_series(0, {rows} - 1::bigint) AS k",
            first = extra.first,
            tenant = tenants + extra.after,
            rows = extra.rows,
        )
    };
    format!(
        "
SET work_mem = '256MB';
CREATE TEMP TABLE work AS
SELECT pg_temp.identity(made.number, made.n) AS id, pg_temp.identity(0, made.n) AS tenant,
       date_trunc('month', now(), 'UTC') + made.place * interval '1 ms' AS at, made.number, made.place,
       made.k % 5 = 0 AS fifth
  FROM (SELECT i AS number, 1 + (i - 1) % {tenants} AS n, (i - 1) / {tenants} AS k, i AS place
          FROM generate_series(1, {all}::bigint) AS i
        UNION ALL {}
        UNION ALL {}) AS made
 ORDER BY made.place",
        extra(SMALL),
        extra(LARGE)
    )
}

/// A project and a report for each number, and for every fifth what is removed after a while or is
/// only added to. The order is that of the table they come from.
const ROWS: &str = "
INSERT INTO projects.projects (tenant_id, id, name, description, created_at, updated_at)
SELECT tenant, id, 'Project number ' || number,
       'What the team of project ' || number || ' wants to have done by the end of the quarter.', at, at
  FROM work;

INSERT INTO projects.outbox (tenant_id, id, type, data, dedup, occurred_at, sent_at, attempts)
SELECT tenant, id, 'project.created', jsonb_build_object('project_id', id), id, at, at, 1
  FROM work WHERE fifth;

INSERT INTO projects.idempotency (tenant_id, key, fingerprint, status, headers, body, created_at)
SELECT tenant, id, sha256(uuid_send(id)), 201, '{\"etag\": \"1\"}', convert_to('{\"id\":\"' || id || '\"}', 'UTF8'), at
  FROM work WHERE fifth;

INSERT INTO reports.reports (tenant_id, id, type, created_at)
SELECT tenant, id, 'project_summary', at FROM work;

INSERT INTO billing.usage_events (tenant_id, event_id, meter, quantity, occurred_at)
SELECT tenant, id, (ARRAY['projects', 'projects', 'reports'])[1 + place % 3], 1, at
  FROM work WHERE fifth";

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
