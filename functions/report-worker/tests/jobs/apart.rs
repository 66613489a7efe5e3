//! No tenant finds another's rows in its reports, in the pool and in a silo.

use serde_json::{Value, json};
use shared::db::DatabaseConfig;
use shared::deadline::Deadline;
use shared::tenant::Tenant;

use crate::Scene;

/// A tenant's rows in everything that reports read, each of which says `word`.
fn rows(word: &str) -> String {
    let event = |domain: &str, kind: &str| {
        format!(
            "INSERT INTO {domain}.outbox (type, dedup, data)
             VALUES ('{kind}', '{word}', '{{\"plan\": \"{word} of {domain}\"}}');"
        )
    };
    let events = [
        event("auth", "tenant.created"),
        event("billing", "subscription.changed"),
        event("projects", "project.created"),
        event("reports", "report.requested"),
    ];
    format!(
        "INSERT INTO projects.projects (id, name) VALUES (gen_random_uuid(), '{word} project');
         INSERT INTO auth.audit_log (id, occurred_at, action, subject_id, details)
         VALUES (gen_random_uuid(), now(), 'member.added', gen_random_uuid(), '{{\"word\": \"{word}\"}}');
         INSERT INTO billing.usage_events (event_id, meter, quantity, occurred_at)
         VALUES (gen_random_uuid(), 'projects', {}, now()); {}",
        units(word),
        events.concat()
    )
}

/// A number that is one tenant's alone.
fn units(word: &str) -> usize {
    7_000 + word.len()
}

async fn fill(scene: &Scene, tenant: Tenant, word: &str) {
    let sql = format!(
        "BEGIN; SELECT app.enter('{}'); {}; COMMIT",
        tenant.id(),
        rows(word)
    );
    scene.owner.batch_execute(&sql).await.unwrap();
}

/// Everything that a tenant's reports say.
async fn everything(scene: &Scene) -> String {
    let mut said = String::new();
    for kind in report_worker::kinds::names() {
        let file = scene.file(kind, &json!({})).await;
        for row in file {
            said.push_str(&[kind, ": ", &row.join(" | "), "\n"].concat());
        }
    }
    said
}

/// What one tenant's reports have to say, line by line.
fn expected(word: &str) -> Vec<String> {
    vec![
        format!("{word} project"),
        format!(r#"{{"word":"{word}"}}"#),
        format!("{word} of auth"),
        format!("{word} of billing"),
        format!("{word} of projects"),
        format!("{word} of reports"),
        units(word).to_string(),
    ]
}

async fn are_apart(scene: &mut Scene, first: Tenant, second: Tenant) {
    let words = ["Acme", "Initech"];
    for (own, foreign, tenant) in [(words[0], words[1], first), (words[1], words[0], second)] {
        scene.tenant = tenant;
        let said = everything(scene).await;
        for what in expected(own) {
            assert!(said.contains(&what), "{what} is missing from\n{said}");
        }
        for what in expected(foreign) {
            assert!(!said.contains(&what), "{what} is in\n{said}");
        }
    }
}

#[tokio::test]
async fn a_report_shows_its_own_tenants_rows_alone() {
    let mut scene = Scene::new().await;
    let (first, second) = (scene.tenant, scene.database.tenant().await);
    fill(&scene, first, "Acme").await;
    fill(&scene, second, "Initech").await;
    are_apart(&mut scene, first, second).await;
}

#[tokio::test]
async fn a_report_of_a_tenant_with_a_silo_shows_the_silos_rows() {
    let mut scene = Scene::new().await;
    let (first, second) = (scene.tenant, scene.database.tenant().await);
    fill(&scene, first, "Acme").await;
    fill(&scene, second, "Initech").await;
    migrate(
        &scene,
        &json!({"move_tenant": {"tenant_id": first.id(), "to": "silo"}}),
    )
    .await;
    // What the move may have left in the pool is no longer the tenant's.
    let stale = "ALTER TABLE projects.projects NO FORCE ROW LEVEL SECURITY;
                 UPDATE projects.projects SET name = 'Stale' WHERE tenant_id = '{}';
                 ALTER TABLE projects.projects FORCE ROW LEVEL SECURITY";
    let stale = stale.replace("{}", &first.id().to_string());
    scene.owner.batch_execute(&stale).await.unwrap();
    are_apart(&mut scene, first, second).await;
    let tier = "SELECT tier FROM app.tenants WHERE id = $1";
    let tier = scene.owner.query_one(tier, &[&first.id()]).await.unwrap();
    assert_eq!(tier.get::<_, &str>(0), "silo");
}

/// The control: where one policy lets everybody's rows pass, the same reports show them.
#[tokio::test]
async fn without_a_policy_the_other_tenants_rows_are_found() {
    let scene = Scene::new().await;
    fill(&scene, scene.tenant, "Acme").await;
    fill(&scene, scene.database.tenant().await, "Initech").await;
    for (table, what) in [
        ("auth.audit_log", r#"{"word":"Initech"}"#),
        ("billing.outbox", "Initech of billing"),
        ("projects.projects", "Initech project"),
        ("projects.outbox", "Initech of projects"),
    ] {
        assert!(!everything(&scene).await.contains(what), "{table}");
        let open = format!("ALTER POLICY tenant_isolation ON {table} USING (true)");
        scene.owner.batch_execute(&open).await.unwrap();
        assert!(everything(&scene).await.contains(what), "{table}");
    }
}

async fn migrate(scene: &Scene, task: &Value) {
    let config = DatabaseConfig::new(&scene.database.owner_url(), None, None).unwrap();
    let task = serde_json::from_value(task.clone()).unwrap();
    let done = migrate::perform(task, &config, &Deadline::never()).await;
    done.unwrap();
}
