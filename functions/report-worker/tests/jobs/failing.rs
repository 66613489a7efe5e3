//! What can never be made fails at once and is acknowledged; what might pass comes again, for a
//! while.

use report_worker::job::ATTEMPTS_MAX;
use report_worker::state::Worker;
use serde_json::{Value, json};
use shared::storage::Storage;

use crate::Scene;

#[tokio::test]
async fn a_report_of_an_unknown_type_fails_for_good() {
    let scene = Scene::new().await;
    let id = scene.order("weather", &json!({})).await;
    assert!(scene.deliver(&[scene.message(id)], 1).await.is_empty());
    let report = scene.report(id).await;
    assert_eq!(report.get::<_, &str>("status"), "failed");
    assert_eq!(report.get::<_, Value>("problem")["code"], "unknown_type");
    assert_eq!(scene.events("report.failed").await, 1);
}

#[tokio::test]
async fn a_failure_that_might_pass_comes_again_until_the_last_attempt() {
    let scene = Scene::new().await;
    let broken = Scene {
        worker: Worker {
            // No bucket has this name, so nothing can be put into it.
            storage: Storage::new(String::new()),
            lease_secs: 90,
            ..scene.worker.clone()
        },
        ..scene
    };
    let id = broken.order("project_summary", &json!({})).await;
    for attempt in 1..ATTEMPTS_MAX {
        assert_eq!(
            broken.deliver(&[broken.message(id)], attempt).await,
            ["message-0"]
        );
        // Given back: the next delivery need not wait for the lease to end.
        assert_eq!(broken.report(id).await.get::<_, &str>("status"), "queued");
    }
    let last = broken.deliver(&[broken.message(id)], ATTEMPTS_MAX).await;
    assert!(last.is_empty());
    let report = broken.report(id).await;
    assert_eq!(report.get::<_, &str>("status"), "failed");
    let problem: Value = report.get("problem");
    assert_eq!(
        problem,
        json!({ "code": "storage", "detail": "the report could not be made" })
    );
    assert_eq!(broken.events("report.failed").await, 1);
}

#[tokio::test]
async fn a_suspended_tenants_request_waits() {
    let scene = Scene::new().await;
    let id = scene.order("project_summary", &json!({})).await;
    let set = |status: &str| format!("UPDATE app.tenants SET status = '{status}'");
    scene.owner.batch_execute(&set("suspended")).await.unwrap();
    assert_eq!(scene.deliver(&[scene.message(id)], 1).await, ["message-0"]);
    scene.owner.batch_execute(&set("active")).await.unwrap();
    assert!(scene.deliver(&[scene.message(id)], 2).await.is_empty());
}

#[tokio::test]
async fn a_request_of_a_tenant_that_is_being_moved_waits() {
    let scene = Scene::new().await;
    let id = scene.order("project_summary", &json!({})).await;
    let lock = format!(
        "BEGIN; SELECT pg_advisory_xact_lock(app.write_lock('{}'))",
        scene.tenant.id()
    );
    scene.owner.batch_execute(&lock).await.unwrap();
    assert_eq!(scene.deliver(&[scene.message(id)], 1).await, ["message-0"]);
    scene.owner.batch_execute("COMMIT").await.unwrap();
    assert!(scene.deliver(&[scene.message(id)], 2).await.is_empty());
    let report = scene.report(id).await;
    assert_eq!(report.get::<_, &str>("status"), "succeeded");
}
