//! No tenant sees another's reports.

use serde_json::json;
use testkit::Caller;
use testkit::isolation::{Expected, Suite};

use crate::{Scene, id, order};

/// What each route does; the suite fails for one that is not here.
fn expected() -> Vec<Expected> {
    let (v1, v2) = (
        json!({ "type": "project_summary" }),
        order("").event()["body"].clone(),
    );
    let v2 = serde_json::from_str(v2.as_str().unwrap()).unwrap();
    vec![
        Expected::get("/v1/reports").lists(),
        Expected::post("/v1/reports", v1).answers(200).creates(),
        Expected::get("/v1/reports/{id}"),
        Expected::get("/v1/reports/{id}/download"),
        Expected::get("/v2/reports").lists(),
        Expected::post("/v2/reports", v2).answers(202).creates(),
        Expected::get("/v2/reports/types"),
        Expected::get("/v2/reports/{id}"),
        Expected::get("/v2/reports/{id}/download").answers(303),
    ]
}

#[tokio::test]
async fn every_route_keeps_tenants_apart() {
    let scene = Scene::new().await;
    let suite = Suite {
        service: &scene.service,
        expected: expected(),
        owner: &scene.owner,
        other: &Caller::owner(scene.database.tenant().await),
        // A finished one, so that there is a document to reach.
        make: async |caller: &Caller| {
            let key = shared::ids::ReportId::new().to_string();
            let ordered = order(&key).by(caller).send(&scene.service).await;
            let id = id(&ordered.expect(202));
            scene.finish(caller, &id).await;
            id
        },
    };
    suite.holds(&reports::routes::table()).await;
}
