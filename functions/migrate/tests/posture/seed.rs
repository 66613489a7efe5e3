//! A tenant with a row in every table, put there by the services themselves.

use tokio_postgres::Client;
use uuid::Uuid;

use crate::database::Database;

/// A tenant and the ids of what it has.
#[derive(Debug, Clone)]
pub(crate) struct Tenant {
    pub(crate) id: Uuid,
    pub(crate) user: Uuid,
    pub(crate) email: String,
    pub(crate) session: Uuid,
    pub(crate) project: Uuid,
    pub(crate) report: Uuid,
}

/// Signs a tenant up and lets every service write once.
pub(crate) async fn tenant(database: &Database, name: &str) -> Tenant {
    let tenant = Tenant {
        id: Uuid::now_v7(),
        user: Uuid::now_v7(),
        email: format!("Owner@{name}.example"),
        session: Uuid::now_v7(),
        project: Uuid::now_v7(),
        report: Uuid::now_v7(),
    };
    sign_up(&database.service("auth").await, &tenant, name)
        .await
        .unwrap();
    let projects = database.entered("projects", tenant.id).await;
    projects
        .execute(
            "INSERT INTO projects (id, name) VALUES ($1, $2)",
            &[&tenant.project, &name],
        )
        .await
        .unwrap();
    projects
        .batch_execute(
            "INSERT INTO outbox (type, dedup) VALUES ('project.created', 'one');
             INSERT INTO idempotency (key, fingerprint) VALUES ('key', '\\x01');
             COMMIT",
        )
        .await
        .unwrap();
    let reports = database.entered("reports", tenant.id).await;
    reports
        .execute(
            "INSERT INTO reports (id, type) VALUES ($1, 'projects')",
            &[&tenant.report],
        )
        .await
        .unwrap();
    reports
        .batch_execute(
            // Also before V0015 and V0018, which have the first schedules and settings.
            "DO $$ BEGIN
               IF to_regclass('schedules') IS NOT NULL THEN
                 INSERT INTO schedules (id, type, cadence, time_of_day, time_zone, next_run_at)
                 VALUES (gen_random_uuid(), 'projects', 'daily', '06:30', 'UTC', now() + interval '1 day');
               END IF;
               IF to_regclass('settings') IS NOT NULL THEN
                 INSERT INTO settings (brand_line) VALUES ('One');
               END IF;
             END $$;
             INSERT INTO outbox (type, dedup) VALUES ('report.requested', 'one');
             INSERT INTO idempotency (key, fingerprint) VALUES ('key', '\\x01');
             COMMIT",
        )
        .await
        .unwrap();
    let billing = database.entered("billing", tenant.id).await;
    billing
        .batch_execute(
            "INSERT INTO subscriptions (plan_id) VALUES ('pro');
             INSERT INTO usage_events (event_id, meter, quantity, occurred_at)
             VALUES (gen_random_uuid(), 'projects', 1, now());
             INSERT INTO outbox (type, dedup) VALUES ('subscription.changed', 'one');
             COMMIT",
        )
        .await
        .unwrap();
    webhooks(database, &tenant).await;
    tenant
}

/// What the webhooks' services write, where the database has come so far.
async fn webhooks(database: &Database, tenant: &Tenant) {
    let there = "SELECT to_regnamespace('webhooks') IS NOT NULL";
    let there = database.owner().await.query_one(there, &[]).await.unwrap();
    if !there.get::<_, bool>(0) {
        return;
    }
    let webhooks = database.entered("webhooks", tenant.id).await;
    webhooks
        .batch_execute(
            "INSERT INTO endpoints (id, slot, url, rate_per_minute) VALUES (app.tenant_id(), 1, 'https://example.com/', 1);
             INSERT INTO secrets (endpoint_id, id, secret) VALUES (app.tenant_id(), app.tenant_id(), sha256('secret'));
             INSERT INTO messages (id, type, body) VALUES (app.tenant_id(), 'webhook.test', '{}');
             INSERT INTO deliveries (id, endpoint_id, message_id, type, due_at)
             VALUES (app.tenant_id(), app.tenant_id(), app.tenant_id(), 'webhook.test', now());
             INSERT INTO outbox (type, dedup) VALUES ('webhook.due', 'one');
             INSERT INTO idempotency (key, fingerprint) VALUES ('key', '\\x01');
             COMMIT",
        )
        .await
        .unwrap();
    let dispatch = database.entered("webhooks_dispatch", tenant.id).await;
    dispatch
        .batch_execute(
            "INSERT INTO attempts (delivery_id, number, started_at, duration_ms, status_code)
             VALUES (app.tenant_id(), 1, now(), 1, 200);
             COMMIT",
        )
        .await
        .unwrap();
}

/// Sign-up as `auth` does it: one transaction in which the tenant is made and entered.
pub(crate) async fn sign_up(
    auth: &Client,
    tenant: &Tenant,
    name: &str,
) -> Result<(), tokio_postgres::Error> {
    auth.batch_execute("BEGIN").await?;
    auth.execute("SELECT app.create_tenant($1, $2)", &[&tenant.id, &name])
        .await?;
    auth.execute("SELECT app.enter($1)", &[&tenant.id]).await?;
    auth.execute(
        "SELECT auth.create_user($1, $2, 'phc', 'Owner')",
        &[&tenant.user, &tenant.email],
    )
    .await?;
    auth.execute(
        "INSERT INTO memberships (user_id, role) VALUES ($1, 'owner')",
        &[&tenant.user],
    )
    .await?;
    auth.execute(
        "INSERT INTO sessions (id, user_id, expires_at) VALUES ($1, $2, now() + interval '1 day')",
        &[&tenant.session, &tenant.user],
    )
    .await?;
    auth.execute(
        "INSERT INTO refresh_tokens (hash, session_id, salt, expires_at)
         VALUES (sha256(uuid_send($1)), $1, sha256('salt'), now() + interval '1 day')",
        &[&tenant.session],
    )
    .await?;
    // Some tests sign up before the migration that brings it.
    let has_log = "SELECT to_regclass('auth.audit_log') IS NOT NULL";
    if auth.query_one(has_log, &[]).await?.get(0) {
        auth.execute(
            "INSERT INTO audit_log (id, occurred_at, action, actor_id, subject_id)
             VALUES (gen_random_uuid(), now(), 'member.added', $1, $1)",
            &[&tenant.user],
        )
        .await?;
    }
    auth.batch_execute(
        "INSERT INTO outbox (type, dedup) VALUES ('tenant.signed_up', 'one'); COMMIT",
    )
    .await
}
