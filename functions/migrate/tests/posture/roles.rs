//! Each service reaches its own schema and what others publish to it, and nothing more.

use std::collections::BTreeSet;

use tokio_postgres::error::SqlState;

use crate::database::{Database, SERVICES, state};
use crate::seed;

mod granted;

use granted::{FUNCTIONS, READS};

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
