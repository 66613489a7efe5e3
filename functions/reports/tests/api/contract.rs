//! Version 1, byte for byte: a snapshot that changes is a broken promise.

use serde_json::{Value, json};
use shared::ids::ReportId;
use testkit::Call;

use crate::{Scene, id};

#[tokio::test]
async fn v1_bodies_stay_as_they_are() {
    let scene = Scene::new().await;
    // The article's client sends a tenant; whose report it is, the token says.
    let body = json!({ "tenant_id": "somebody-else", "title": "All projects" });
    let ordered = scene
        .send(Call::post("/v1/reports", &body))
        .await
        .expect(200);
    let path = format!("/v1/reports/{}", id(&ordered));
    let early = scene.send(Call::get(&format!("{path}/download"))).await;
    let queued = scene.send(Call::get(&path)).await;
    scene.finish(&scene.owner, &id(&ordered)).await;
    let absent = format!("/v1/reports/{}", ReportId::new());
    let redact = ["job_id", "url"];
    let bodies: Value = [
        ("POST /v1/reports", ordered),
        ("GET /v1/reports/{id} queued", queued),
        ("GET /v1/reports/{id}/download too early", early),
        (
            "GET /v1/reports/{id} succeeded",
            scene.send(Call::get(&path)).await,
        ),
        (
            "GET /v1/reports",
            scene.send(Call::get("/v1/reports")).await,
        ),
        (
            "GET /v1/reports/{id}/download",
            scene.send(Call::get(&format!("{path}/download"))).await,
        ),
        ("404", scene.send(Call::get(&absent)).await),
        ("400 id", scene.send(Call::get("/v1/reports/7")).await),
        ("401", Call::get("/v1/reports").send(&scene.service).await),
    ]
    .into_iter()
    .map(|(name, reply)| (name.to_owned(), reply.redacted(&redact)))
    .collect();
    insta::assert_json_snapshot!(bodies);
}
