//! Each type of report, from what the domains publish to what a reader sees.

use std::time::Duration;

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::limits::{Backend, Limits, MemoryLimiter};
use shared::pipeline;
use shared::state::App;
use testkit::{Call, Caller};

use crate::Scene;

/// The column of this name.
fn column<'r>(file: &'r [Vec<String>], name: &str) -> Vec<&'r str> {
    let (head, rows) = file.split_first().unwrap();
    let place = head.iter().position(|head| head == name).unwrap();
    rows.iter().map(|row| row[place].as_str()).collect()
}

/// Both functions know the same types: nothing can be asked for that is not made.
#[test]
fn what_can_be_asked_for_can_be_made() {
    let asked = reports::types::TYPES.iter().map(|kind| kind.name);
    assert!(report_worker::kinds::names().eq(asked));
}

#[tokio::test]
async fn every_type_becomes_a_document_in_each_form() {
    let scene = Scene::new().await;
    scene.add_projects(3).await;
    for kind in report_worker::kinds::names() {
        let title = json!({ "title": "A title of its own" });
        let id = scene.order(kind, &title).await;
        assert!(scene.deliver(&[scene.message(id)], 1).await.is_empty());
        let report = scene.report(id).await;
        assert_eq!(report.get::<_, &str>("status"), "succeeded", "{kind}");
        assert!(report.get::<_, i32>("pages") > 0, "{kind}");
        let key: String = report.get("object_key");
        assert!(key.ends_with("/1.pdf"), "{key}");
        assert!(scene.bucket.bytes(&key).await.starts_with(b"%PDF-"));

        let file = scene.file(kind, &title).await;
        assert!(file[0].len() > 3, "{kind}: {file:?}");
    }
}

#[tokio::test]
async fn parameters_that_no_type_has_end_the_job() {
    let scene = Scene::new().await;
    for (kind, params) in [
        ("activity", json!({ "period": "yesterday" })),
        ("invoice", json!({ "period": 7 })),
        ("audit_extract", json!({ "period": "2026-13" })),
    ] {
        let id = scene.order(kind, &params).await;
        assert!(scene.deliver(&[scene.message(id)], 1).await.is_empty());
        let problem: Value = scene.report(id).await.get("problem");
        assert_eq!(problem["code"], "invalid_params", "{kind}");
    }
}

#[tokio::test]
async fn an_activity_report_shows_what_the_domains_said() {
    let scene = Scene::new().await;
    let project = "11111111-1111-7111-8111-111111111111";
    let gone = "22222222-2222-7222-8222-222222222222";
    let event = |domain: &str, kind: &str, data: &Value, age: &str| {
        format!(
            "INSERT INTO {domain}.outbox (type, dedup, data, occurred_at)
             VALUES ('{kind}', '{age}', '{data}', now() - interval '{age}');"
        )
    };
    let events = [
        event("auth", "tenant.created", &json!({}), "5 hours"),
        event(
            "projects",
            "project.created",
            &json!({ "project_id": project }),
            "4 hours",
        ),
        event(
            "projects",
            "project.deleted",
            &json!({ "project_id": gone }),
            "3 hours",
        ),
        event(
            "billing",
            "subscription.changed",
            &json!({ "plan": "pro" }),
            "2 hours",
        ),
        event("reports", "report.reinvented", &json!({}), "1 hour"),
        event("projects", "project.created", &json!({}), "40 days"),
    ];
    scene
        .within(&format!(
            "INSERT INTO projects.projects (id, name) VALUES ('{project}', 'Apollo'); {}",
            events.concat()
        ))
        .await;
    let file = scene
        .file("activity", &json!({ "period": "last_30_days" }))
        .await;
    let told = |name| {
        let mut told = column(&file, name);
        // Orders of this test's own reports are events as well.
        told.retain(|told| !told.is_empty() && !told.starts_with("Report asked"));
        told
    };
    let what = [
        "report.reinvented",
        "Plan changed",
        "Project deleted",
        "Project created",
        "Tenant founded",
    ];
    assert_eq!(told("what"), what);
    assert_eq!(told("about"), ["pro", gone, "Apollo"]);
    let older = scene
        .file("activity", &json!({ "period": "last_90_days" }))
        .await;
    let created = |file: &[Vec<String>]| {
        let events = column(file, "event").into_iter();
        events.filter(|event| *event == "project.created").count()
    };
    assert_eq!((created(&file), created(&older)), (1, 2));
}

#[tokio::test]
async fn an_audit_extract_names_the_actors() {
    let scene = Scene::new().await;
    let user = "33333333-3333-7333-8333-333333333333";
    let entry = |action: &str, actor: &str, age: &str| {
        format!(
            "INSERT INTO auth.audit_log (id, occurred_at, action, actor_id, subject_id, details)
             VALUES (gen_random_uuid(), now() - interval '{age}', '{action}', {actor}, '{user}', '{{\"a\": 1}}');"
        )
    };
    scene
        .within(&format!(
            "SELECT auth.create_user('{user}', 'ada@example.com', 'phc', 'Ada');
             INSERT INTO auth.memberships (user_id, role) VALUES ('{user}', 'owner'); {}",
            [
                entry("member.added", &format!("'{user}'"), "2 hours"),
                entry("session.ended", "NULL", "1 hour"),
                entry(
                    "session.started",
                    "'44444444-4444-7444-8444-444444444444'",
                    "0"
                ),
                entry("session.started", "NULL", "40 days"),
            ]
            .concat()
        ))
        .await;
    let file = scene.file("audit_extract", &json!({})).await;
    let actions = ["session.started", "session.ended", "member.added"];
    assert_eq!(column(&file, "action"), actions);
    let stranger = "44444444-4444-7444-8444-444444444444";
    assert_eq!(
        column(&file, "actor"),
        [stranger, "Tenantry", "ada@example.com"]
    );
    assert_eq!(column(&file, "actor_id"), [stranger, "", user]);
    assert_eq!(column(&file, "details"), [r#"{"a":1}"#; 3]);
}

/// What a version-2 answer of the billing function says.
async fn billing(scene: &Scene, path: &str) -> Value {
    let clock = Clock::System;
    let backend = Backend::Memory(MemoryLimiter::new());
    let app = App {
        db: scene.database.database("billing"),
        limits: Limits::new(backend, clock.clone(), Duration::from_secs(1)),
        clock,
    };
    let service = pipeline::service(billing::routes::table(), app);
    let call = Call::get(path).by(&Caller::owner(scene.tenant));
    call.send(&service).await.expect(200).json()
}

/// A member of each of these objects, as text.
fn members(objects: &Value, name: &str) -> Vec<String> {
    let members = objects.as_array().unwrap().iter();
    members
        .map(|object| match &object[name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect()
}

/// The invoice and the statement, line for line, beside what the billing function says itself.
#[tokio::test]
async fn an_invoice_and_a_statement_say_what_billing_says() {
    let scene = Scene::new().await;
    scene
        .within(
            "INSERT INTO billing.subscriptions (plan_id) VALUES ('pro');
             INSERT INTO billing.usage_events (event_id, meter, quantity, occurred_at)
             VALUES (gen_random_uuid(), 'reports', 203, now()), (gen_random_uuid(), 'projects', 2, now()),
                    (gen_random_uuid(), 'reports', 900, now() - interval '40 days'),
                    (gen_random_uuid(), 'coffees', 7, now())",
        )
        .await;
    let invoice = billing(&scene, "/v2/billing/invoices/preview").await;
    let file = scene.file("invoice", &json!({})).await;
    for name in [
        "description",
        "quantity",
        "unit_price_cents",
        "amount_cents",
    ] {
        assert_eq!(
            column(&file, name),
            members(&invoice["lines"], name),
            "{name}"
        );
    }
    let amounts = column(&file, "amount_cents").into_iter();
    let total: i64 = amounts.map(|amount| amount.parse::<i64>().unwrap()).sum();
    assert_eq!(invoice["total_cents"], total);
    assert_eq!(total, 4900 + 3 * 50);

    let usage = billing(&scene, "/v2/billing/usage").await;
    let month = json!({ "period": "this_month" });
    let file = scene.file("usage_statement", &month).await;
    for (name, member) in [
        ("meter", "meter"),
        ("used", "used"),
        ("included", "included"),
        ("beyond", "overage"),
        ("unit_price_cents", "unit_price_cents"),
        ("cost_cents", "cost_cents"),
    ] {
        assert_eq!(
            column(&file, name),
            members(&usage["data"], member),
            "{name}"
        );
    }
    assert_eq!(column(&file, "currency"), ["USD", "USD"]);
}

#[tokio::test]
async fn an_amount_that_does_not_fit_ends_the_job() {
    let scene = Scene::new().await;
    scene
        .within(&format!(
            "INSERT INTO billing.subscriptions (plan_id) VALUES ('pro');
             INSERT INTO billing.usage_events (event_id, meter, quantity, occurred_at)
             VALUES (gen_random_uuid(), 'reports', {}, now())",
            i64::MAX
        ))
        .await;
    for kind in ["invoice", "usage_statement"] {
        let id = scene.order(kind, &json!({})).await;
        assert!(scene.deliver(&[scene.message(id)], 1).await.is_empty());
        let problem: Value = scene.report(id).await.get("problem");
        assert_eq!(problem["code"], "amount_out_of_range", "{kind}");
    }
}
