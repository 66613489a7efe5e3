//! Ordering a report, following it, and getting its document.

use testkit::Call;

use crate::{Scene, id};

#[tokio::test]
async fn an_order_is_accepted_and_its_request_waits_for_the_relay() {
    let scene = Scene::new().await;
    let ordered = scene.order("k").await.expect(202);
    let id = id(&ordered);
    assert_eq!(ordered.header("location"), format!("/v2/reports/{id}"));
    assert_eq!(ordered.header("retry-after"), "2");
    assert_eq!(ordered.json()["status"], "queued");

    let tenant = scene.owner.tenant.id().to_string();
    assert_eq!(scene.take_requests().await, [(id, tenant)]);
}

#[tokio::test]
async fn an_order_given_twice_is_one_report_and_one_request() {
    let scene = Scene::new().await;
    let first = scene.order("k").await.expect(202);
    let second = scene.order("k").await.expect(202);
    assert_eq!(first.body, second.body);
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(second.header("location"), first.header("location"));
    assert_eq!(scene.take_requests().await.len(), 1);
    let list = scene.send(Call::get("/v2/reports")).await.expect(200);
    assert_eq!(list.json()["meta"]["total"], 1);
}

#[tokio::test]
async fn a_finished_report_can_be_fetched_and_an_unfinished_one_cannot() {
    let scene = Scene::new().await;
    let id = id(&scene.order("k").await.expect(202));
    let download = |version: &str| Call::get(&format!("/{version}/reports/{id}/download"));

    let early = scene.send(download("v2")).await.expect(409);
    assert_eq!(early.json()["code"], "report_not_ready");
    assert_eq!(early.header("retry-after"), "2");

    scene.finish(&scene.owner, &id).await;
    let report = scene
        .send(Call::get(&format!("/v2/reports/{id}")))
        .await
        .expect(200);
    assert_eq!(report.json()["status"], "succeeded");
    assert_eq!(report.json()["pages"], 2);

    let found = scene.send(download("v2")).await.expect(303);
    let link = found.header("location");
    let object = format!("/tenants/{}/reports/{id}/3.pdf", scene.owner.tenant.id());
    assert!(link.contains(&object), "{link}");
    assert!(link.contains("X-Amz-Signature="), "{link}");
    assert!(link.contains("X-Amz-Expires=900"), "{link}");
    assert_eq!(found.header("cache-control"), "no-store");

    let v1 = scene.send(download("v1")).await.expect(200);
    assert!(v1.json()["url"].as_str().unwrap().contains(&object));
}

#[tokio::test]
async fn every_statement_prepares_as_its_role() {
    let scene = Scene::new().await;
    let statements = [
        reports::store::STATEMENTS,
        reports::store::schedules::STATEMENTS,
        reports::store::settings::STATEMENTS,
        shared::idempotency::STATEMENTS,
        shared::outbox::STATEMENTS,
    ]
    .concat();
    scene.database.prepare_all("reports", &statements).await;
}
