//! Each service reaches its own schema and what others publish to it, and nothing more.

use std::collections::BTreeSet;

use tokio_postgres::error::SqlState;

use crate::database::{Database, SERVICES, state};
use crate::seed;

/// Where each service may read a whole table; some have functions only.
const READS: [(&str, &[&str]); 10] = [
    (
        "auth",
        &["auth.memberships", "auth.refresh_tokens", "auth.sessions"],
    ),
    ("authorizer", &[]),
    (
        "billing",
        &[
            "billing.plan_meters",
            "billing.plans",
            "billing.subscriptions",
            "billing.usage_events",
            "billing.usage_months",
        ],
    ),
    (
        "projects",
        &[
            "projects.idempotency",
            "projects.projects",
            "projects.tallies",
        ],
    ),
    ("relay", &[]),
    (
        "report_worker",
        &[
            "auth.published_audit_log",
            "auth.published_events",
            // A catalogue, every column of which is published.
            "billing.plan_meters",
            "billing.published_events",
            "billing.published_plan_meters",
            "billing.published_plans",
            "billing.published_usage_events",
            "billing.published_usage_months",
            "projects.published_events",
            "projects.published_projects",
            "reports.published_events",
            "reports.reports",
            "reports.settings",
        ],
    ),
    (
        "reports",
        &[
            "reports.idempotency",
            "reports.reports",
            "reports.schedules",
            "reports.settings",
            "reports.tallies",
        ],
    ),
    ("tenants", &[]),
    // The API cannot read the secrets that it writes.
    (
        "webhooks",
        &[
            "webhooks.attempts",
            "webhooks.deliveries",
            "webhooks.endpoints",
            "webhooks.idempotency",
            "webhooks.messages",
        ],
    ),
    (
        "webhooks_dispatch",
        &[
            "webhooks.attempts",
            "webhooks.deliveries",
            "webhooks.endpoints",
            "webhooks.messages",
            "webhooks.secrets",
        ],
    ),
];

#[tokio::test]
async fn a_service_reads_its_own_tables_and_no_others() {
    Database::with_migrated(async |database| {
        let tenant = seed::tenant(&database, "acme").await.id;
        let relations: Vec<String> = database
            .owner()
            .await
            .query(
                "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c
                   JOIN pg_namespace AS n ON n.oid = c.relnamespace
                  WHERE c.relkind IN ('r', 'v') AND pg_get_userbyid(c.relowner) = 'app_owner'",
                &[],
            )
            .await
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect();
        assert!(relations.len() >= 22, "{relations:?}");
        for (service, expected) in READS {
            let client = database.service(service).await;
            let mut readable = BTreeSet::new();
            for relation in &relations {
                client.batch_execute("BEGIN").await.unwrap();
                let door = match service {
                    "relay" => None,
                    "tenants" => Some("SELECT app.enter_leaving($1)"),
                    _ => Some("SELECT app.enter($1)"),
                };
                if let Some(door) = door {
                    client.execute(door, &[&tenant]).await.unwrap();
                }
                match client
                    .query(&format!("SELECT * FROM {relation}"), &[])
                    .await
                {
                    Ok(_) => {
                        readable.insert(relation.as_str());
                    }
                    refused => assert_eq!(
                        state(refused),
                        SqlState::INSUFFICIENT_PRIVILEGE,
                        "{service} {relation}"
                    ),
                }
                client.batch_execute("ROLLBACK").await.unwrap();
            }
            assert_eq!(readable, expected.iter().copied().collect(), "{service}");
        }
    })
    .await;
}

/// The services that work for tenants who may come in.
const EVERY_TENANT_SERVICE: [&str; 8] = [
    "auth",
    "authorizer",
    "billing",
    "projects",
    "report_worker",
    "reports",
    "webhooks",
    "webhooks_dispatch",
];

/// Which services may execute which function; the others of the owner's are granted to nobody.
const FUNCTIONS: &[(&str, &[&str])] = &[
    ("app.admit(uuid)", &EVERY_TENANT_SERVICE),
    ("app.attend(uuid)", &["tenants"]),
    ("app.begin_purge()", &["tenants"]),
    ("app.change_status(uuid,text)", &["tenants"]),
    (
        "app.check_place()",
        &[
            "auth",
            "billing",
            "projects",
            "report_worker",
            "reports",
            "webhooks",
        ],
    ),
    (
        "app.check_replica(pg_lsn,bigint)",
        &[
            "auth",
            "billing",
            "projects",
            "report_worker",
            "reports",
            "webhooks",
        ],
    ),
    ("app.check_role()", &SERVICES),
    ("app.count_rows()", &["tenants"]),
    ("app.create_tenant(uuid,text)", &["auth"]),
    ("app.due_purges(integer)", &["tenants"]),
    ("app.enter(uuid)", &EVERY_TENANT_SERVICE),
    ("app.enter_leaving(uuid)", &["tenants"]),
    ("app.export_rows(text,jsonb,integer)", &["tenants"]),
    ("app.export_tables()", &["tenants"]),
    ("app.finish_purge(text)", &["tenants"]),
    ("app.idempotency_expire(integer)", &["relay"]),
    ("app.outbox_domains()", &["relay"]),
    ("app.outbox_purge(text,integer)", &["relay"]),
    ("app.outbox_sent(text,uuid[],uuid[])", &["relay"]),
    ("app.outbox_take(text,interval,integer)", &["relay"]),
    ("app.purge_certificate(uuid)", &["tenants"]),
    ("app.purge_rows(integer)", &["tenants"]),
    (
        "app.tenant_id()",
        &[
            "auth",
            "authorizer",
            "billing",
            "projects",
            "report_worker",
            "reports",
            "tenants",
            "webhooks",
            "webhooks_dispatch",
        ],
    ),
    ("app.tenant_name()", &["auth", "report_worker"]),
    ("app.write_lock(uuid)", &EVERY_TENANT_SERVICE),
    ("auth.create_user(uuid,text,text,text)", &["auth"]),
    ("auth.export_accounts(uuid,integer)", &["tenants"]),
    ("auth.find_login(text)", &["auth"]),
    ("auth.find_user(uuid)", &["auth", "report_worker"]),
    ("auth.public_keys()", &["auth", "authorizer", "tenants"]),
    ("auth.publish_key(text,jsonb)", &["auth"]),
    ("auth.rehash_password(uuid,text)", &["auth"]),
    ("auth.session_state(uuid)", &["authorizer"]),
    (
        "billing.entitlements()",
        &["authorizer", "billing", "report_worker", "reports"],
    ),
    ("billing.reports_at_once()", &["report_worker"]),
    ("reports.dedup(uuid,integer)", &["report_worker", "reports"]),
    ("reports.expire(interval,integer)", &["relay"]),
    ("reports.fire_schedules(integer)", &["relay"]),
    ("reports.is_time_zone(text)", &["reports"]),
    ("reports.lane()", &["report_worker", "reports"]),
    ("reports.lane_of(uuid)", &["report_worker", "reports"]),
    (
        "reports.next_run(text,integer,integer,text,text,timestamp with time zone)",
        &["reports"],
    ),
    ("reports.redrive(uuid,integer)", &["report_worker"]),
    ("reports.removable(integer)", &["relay"]),
    ("reports.removed(uuid[],uuid[])", &["relay"]),
    ("reports.wake(integer)", &["report_worker", "reports"]),
    ("reports.wake_forgotten(uuid,interval)", &["relay"]),
    (
        "webhooks.due_tenants(timestamp with time zone,uuid,integer)",
        &["webhooks_dispatch"],
    ),
    ("webhooks.pending_tenants()", &["webhooks_dispatch"]),
    (
        "webhooks.sweep(timestamp with time zone,integer)",
        &["webhooks_dispatch"],
    ),
];

#[tokio::test]
async fn a_function_is_for_whom_it_is_granted_to() {
    Database::with_migrated(async |database| {
        let rows = database
            .owner()
            .await
            .query(
                r"SELECT p.oid::regprocedure::text, string_agg(substr(r.rolname, 5), ' ' ORDER BY r.rolname)
                    FROM pg_proc AS p
                    JOIN pg_roles AS r ON r.rolname LIKE 'svc\_%' AND has_function_privilege(r.oid, p.oid, 'EXECUTE')
                   WHERE pg_get_userbyid(p.proowner) = 'app_owner'
                   GROUP BY 1 ORDER BY 1",
                &[],
            )
            .await
            .unwrap();
        let granted: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let expected: Vec<(String, String)> = FUNCTIONS
            .iter()
            .map(|(function, services)| ((*function).to_owned(), services.join(" ")))
            .collect();
        assert_eq!(granted, expected);
    })
    .await;
}

#[tokio::test]
async fn a_role_brings_its_own_settings() {
    Database::with_migrated(async |database| {
        for service in SERVICES {
            let client = database.service(service).await;
            for (setting, expected) in [
                (
                    "statement_timeout",
                    if matches!(service, "report_worker" | "tenants") {
                        "30s"
                    } else {
                        "5s"
                    },
                ),
                (
                    "lock_timeout",
                    if matches!(
                        service,
                        "relay" | "report_worker" | "tenants" | "webhooks_dispatch"
                    ) {
                        "1s"
                    } else {
                        "300ms"
                    },
                ),
                ("enable_sort", "off"),
                ("jit", "off"),
            ] {
                let value: String = client
                    .query_one("SELECT current_setting($1)", &[&setting])
                    .await
                    .unwrap()
                    .get(0);
                assert_eq!(value, expected, "{service} {setting}");
            }
            let create = client
                .batch_execute("CREATE TABLE public.mine (id int)")
                .await;
            assert_eq!(state(create), SqlState::INSUFFICIENT_PRIVILEGE, "{service}");
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_writes_what_is_not_its_own_to_write() {
    Database::with_migrated(async |database| {
        let tenant = seed::tenant(&database, "acme").await;
        for (service, sql) in [
            ("reports", "UPDATE reports SET fence = 9"),
            ("reports", "UPDATE outbox SET sent_at = now()"),
            ("reports", "UPDATE reports SET schedule_id = NULL"),
            ("reports", "UPDATE schedules SET last_run_at = now()"),
            ("report_worker", "DELETE FROM reports"),
            ("report_worker", "SELECT FROM schedules"),
            ("report_worker", "INSERT INTO reports (id, type) VALUES (gen_random_uuid(), 'x')"),
            ("report_worker", "UPDATE reports SET requested_by = NULL"),
            ("report_worker", "UPDATE projects.projects SET name = 'x'"),
            ("report_worker", "DELETE FROM outbox"),
            ("projects", "INSERT INTO outbox (type, dedup, sent_at) VALUES ('x', 'x', now())"),
            ("projects", "TRUNCATE projects"),
            ("projects", "INSERT INTO tallies (table_name, slot, rows) VALUES ('projects', 9, 9)"),
            ("projects", "UPDATE tallies SET rows = 9"),
            ("projects", "DELETE FROM tallies"),
            ("reports", "UPDATE tallies SET rows = 9"),
            ("billing", "UPDATE usage_months SET quantity = 9"),
            ("billing", "UPDATE plans SET price_cents = 0"),
            ("billing", "DELETE FROM usage_events"),
            ("auth", "UPDATE memberships SET role = 'owner'"),
            ("auth", "SELECT action FROM audit_log"),
            ("auth", "UPDATE audit_log SET action = 'nothing.done'"),
            ("auth", "DELETE FROM audit_log"),
            ("report_worker", "UPDATE auth.audit_log SET actor_id = NULL"),
            ("report_worker", "DELETE FROM auth.audit_log"),
            ("report_worker", "SELECT * FROM auth.memberships"),
            ("report_worker", "SELECT dedup FROM projects.outbox"),
            ("auth", "SELECT password_hash FROM users"),
            ("webhooks", "SELECT secret FROM secrets"),
            ("webhooks", "UPDATE secrets SET secret = '\\x01'"),
            ("webhooks", "INSERT INTO attempts (delivery_id, number, started_at, duration_ms, status_code) VALUES (gen_random_uuid(), 1, now(), 1, 200)"),
            ("webhooks", "UPDATE deliveries SET claims = 0"),
            ("webhooks_dispatch", "UPDATE endpoints SET url = 'https://example.com/'"),
            ("webhooks_dispatch", "DELETE FROM deliveries"),
            ("webhooks_dispatch", "INSERT INTO secrets (endpoint_id, id, secret) VALUES (gen_random_uuid(), gen_random_uuid(), '\\x01')"),
        ] {
            let client = database.entered(service, tenant.id).await;
            let refused = client.batch_execute(sql).await;
            assert_eq!(state(refused), SqlState::INSUFFICIENT_PRIVILEGE, "{service}: {sql}");
        }
        let worker = database.entered("report_worker", tenant.id).await;
        for sql in [
            "UPDATE reports SET status = 'running', fence = fence + 1, attempts = attempts + 1,
                    lease_until = now() + interval '1 minute', started_at = now(), version = version + 1",
            "UPDATE outbox SET sent_at = now() WHERE type = 'report.requested' AND dedup = 'one' AND sent_at IS NULL",
            "INSERT INTO outbox (type, dedup) VALUES ('report.succeeded', 'one') ON CONFLICT (tenant_id, type, dedup) DO NOTHING",
        ] {
            assert_eq!(worker.execute(sql, &[]).await.unwrap(), 1, "{sql}");
        }
    })
    .await;
}
