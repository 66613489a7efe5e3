//! What becomes of a report's document when the report is deleted or asked for again.

use reports::state::Reports;
use serde_json::json;
use shared::pipeline;
use shared::storage::{Format, ObjectKey, Storage};
use testkit::Call;

use crate::Scene;

#[tokio::test]
async fn a_deleted_report_takes_its_document_along() {
    let scene = Scene::new().await;
    let id = scene.ordered().await;
    assert_eq!(
        scene.delete(&id).await.expect(409).json()["code"],
        "report_not_finished"
    );
    let document = ObjectKey::Report {
        tenant: scene.owner.tenant,
        report: id.parse().unwrap(),
        fence: 3,
        format: Format::Pdf,
    };
    let bytes = b"%PDF-".to_vec();
    scene.bucket.storage().put(&document, bytes).await.unwrap();
    scene.finish(&scene.owner, &id).await;
    scene.delete(&id).await.expect(204);
    assert!(scene.bucket.keys().await.is_empty());
    assert_eq!(scene.events("report.expired", &id).await, 1);
    scene.delete(&id).await.expect(404);
    let list = scene
        .send(Call::get("/v2/reports"))
        .await
        .expect(200)
        .json();
    assert_eq!(list["meta"]["total"], 0);
}

/// Cut off between document and row, it is an expired report and not one that cannot be fetched.
#[tokio::test]
async fn a_document_that_cannot_be_removed_is_not_shown_and_can_be_deleted_later() {
    let scene = Scene::new().await;
    let id = scene.ordered().await;
    scene.finish(&scene.owner, &id).await;
    let state = Reports {
        app: scene.database.app("reports"),
        // No bucket has this name.
        storage: Storage::new(String::new()),
    };
    let broken = pipeline::service(reports::routes::table(), state);
    let path = format!("/v2/reports/{id}");
    let delete = Call::new("DELETE", &path).by(&scene.owner);
    delete.send(&broken).await.expect(500);
    assert_eq!(scene.report(&id).await["status"], "expired");
    scene.delete(&id).await.expect(204);
}

/// A document that was not removed yet would be nobody's once its report is made anew; where it cannot
/// be removed, the report stays as it is.
#[tokio::test]
async fn asking_again_removes_the_document_that_has_expired() {
    let scene = Scene::new().await;
    let id = scene.ordered().await;
    let document = ObjectKey::Report {
        tenant: scene.owner.tenant,
        report: id.parse().unwrap(),
        fence: 3,
        format: Format::Pdf,
    };
    let bytes = b"%PDF-".to_vec();
    scene.bucket.storage().put(&document, bytes).await.unwrap();
    scene.finish(&scene.owner, &id).await;
    let expire = format!(
        "UPDATE reports.reports SET status = 'expired', created_at = now() - interval '40 days',
         asked_on = now() - interval '40 days' WHERE id = '{id}'"
    );
    scene.within(&scene.owner, &expire).await;
    let state = Reports {
        app: scene.database.app("reports"),
        // No bucket has this name.
        storage: Storage::new(String::new()),
    };
    let broken = pipeline::service(reports::routes::table(), state);
    let path = format!("/v2/reports/{id}/retry");
    let retry = Call::post(&path, &json!({})).header("idempotency-key", "k");
    retry.by(&scene.owner).send(&broken).await.expect(500);
    assert_eq!(scene.report(&id).await["status"], "expired");
    assert_eq!(scene.bucket.keys().await.len(), 1);

    scene.retry(&id, "l").await.expect(202);
    assert!(scene.bucket.keys().await.is_empty());
    let anew = format!(
        "SELECT object_key IS NULL AND asked_on > now() - interval '1 hour'
            AND created_at < now() - interval '39 days'
         FROM reports.reports WHERE id = '{id}'"
    );
    let owner = scene.database.owner().await;
    assert!(owner.query_one(&anew, &[]).await.unwrap().get::<_, bool>(0));
}
