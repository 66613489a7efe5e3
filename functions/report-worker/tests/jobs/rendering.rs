//! From a request to a document.

use serde_json::json;
use shared::ids::ReportId;

use crate::{POISON, Scene, message};

#[tokio::test]
async fn a_request_becomes_a_document_of_the_tenants_own_data() {
    let scene = Scene::new().await;
    scene.add_projects(120).await;
    // Another tenant's project must not be in it.
    let other = scene.database.tenant().await.id();
    let secret = format!(
        "BEGIN; SELECT app.enter('{other}');
         INSERT INTO projects.projects (id, name) VALUES (gen_random_uuid(), 'Secret'); COMMIT"
    );
    scene.owner.batch_execute(&secret).await.unwrap();

    let id = scene
        .order("project_summary", &json!({ "title": "Everything" }))
        .await;
    assert!(scene.deliver(&[scene.message(id)], 1).await.is_empty());

    let report = scene.report(id).await;
    assert_eq!(report.get::<_, &str>("status"), "succeeded");
    assert_eq!(report.get::<_, i32>("rows"), 120);
    assert_eq!(report.get::<_, i64>("fence"), 1);
    let key: String = report.get("object_key");
    assert_eq!(
        key,
        format!("tenants/{}/reports/{id}/1.pdf", scene.tenant.id())
    );
    assert_eq!(scene.bucket.keys().await, std::slice::from_ref(&key));
    let document = scene.bucket.bytes(&key).await;
    assert!(document.starts_with(b"%PDF-"));
    assert_eq!(scene.events("report.succeeded").await, 1);
}

#[tokio::test]
async fn a_claimed_request_need_not_be_sent_again() {
    let scene = Scene::new().await;
    let id = scene.order("project_summary", &json!({})).await;
    scene.deliver(&[scene.message(id)], 1).await;
    let unsent =
        "SELECT count(*) FROM reports.outbox WHERE type = 'report.requested' AND sent_at IS NULL";
    let unsent: i64 = scene.owner.query_one(unsent, &[]).await.unwrap().get(0);
    assert_eq!(unsent, 0);
}

#[tokio::test]
async fn a_poisoned_batch_fails_for_the_poison_alone() {
    let scene = Scene::new().await;
    let mut batch: serde_json::Value = serde_json::from_str(POISON).unwrap();
    let mut orders = Vec::new();
    for position in [0, 2] {
        let id = scene.order("project_summary", &json!({})).await;
        batch["Records"][position]["body"] = message(scene.tenant, id).into();
        orders.push(id);
    }
    let poison = batch["Records"][1]["messageId"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(scene.run(&batch).await, [poison]);
    for id in orders {
        assert_eq!(scene.report(id).await.get::<_, &str>("status"), "succeeded");
    }
}

#[tokio::test]
async fn requests_that_nobody_waits_for_are_acknowledged() {
    let scene = Scene::new().await;
    let cancelled = scene.order("project_summary", &json!({})).await;
    scene
        .within(&format!(
            "UPDATE reports.reports SET status = 'cancelled', finished_at = now() WHERE id = '{cancelled}'"
        ))
        .await;
    let absent = ReportId::new();
    let bodies = [scene.message(cancelled), scene.message(absent)];
    assert!(scene.deliver(&bodies, 1).await.is_empty());
    assert!(scene.bucket.keys().await.is_empty());
}

#[tokio::test]
async fn every_statement_prepares_as_its_role() {
    let scene = Scene::new().await;
    let statements = [
        report_worker::store::STATEMENTS,
        report_worker::kinds::activity::STATEMENTS,
        report_worker::kinds::audit_extract::STATEMENTS,
        report_worker::kinds::project_summary::STATEMENTS,
        report_worker::kinds::settings::STATEMENTS,
        report_worker::kinds::terms::STATEMENTS,
        report_worker::kinds::usage_statement::STATEMENTS,
    ]
    .concat();
    scene
        .database
        .prepare_all("report-worker", &statements)
        .await;
}
