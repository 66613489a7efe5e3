//! No tenant sees another's reports.

use serde_json::json;
use testkit::isolation::{foreign_is_absent, no_route_admits_a_stranger};
use testkit::{Call, Caller};

use crate::{Scene, id};

#[tokio::test]
async fn strangers_are_turned_away_at_every_route() {
    let scene = Scene::new().await;
    no_route_admits_a_stranger(&reports::routes::table(), &scene.service).await;
}

#[tokio::test]
async fn another_tenants_report_is_one_that_never_existed() {
    let scene = Scene::new().await;
    let stranger = Caller::owner(scene.database.tenant().await);
    let id = id(&scene.order("k").await.expect(202));
    scene.finish(&id).await;
    let table = reports::routes::table();
    foreign_is_absent(&table, &scene.service, &stranger, &id, |_| json!({})).await;
    // The control: its owner reaches it, document and all.
    let download = Call::get(&format!("/v2/reports/{id}/download"));
    scene.send(download).await.expect(303);
    let theirs = Call::get("/v2/reports")
        .by(&stranger)
        .send(&scene.service)
        .await;
    assert_eq!(theirs.expect(200).json()["meta"]["total"], 0);
}
