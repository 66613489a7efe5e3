//! Version 1, byte for byte: a snapshot that changes is a broken promise.

use serde_json::{Value, json};
use testkit::Call;

use crate::{Scene, uuid};

#[tokio::test]
async fn v1_bodies_stay_as_they_are() {
    let scene = Scene::new().await;
    let made = scene
        .send(Call::post("/v1/projects", &json!({ "name": "Apollo" })))
        .await;
    let made = made.expect(201);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/projects/{id}");
    let put = Call::new("PUT", &path).json(&json!({ "name": "Gemini" }));
    let mut bodies = vec![
        ("POST /v1/projects", made.redacted(&["id"])),
        (
            "GET /v1/projects",
            scene
                .send(Call::get("/v1/projects"))
                .await
                .redacted(&["id"]),
        ),
        (
            "GET /v1/projects/{id}",
            scene.send(Call::get(&path)).await.redacted(&["id"]),
        ),
        (
            "PUT /v1/projects/{id}",
            scene.send(put).await.redacted(&["id"]),
        ),
    ];
    let absent = format!("/v1/projects/{}", uuid());
    let failures = [
        ("404", Call::get(&absent)),
        ("400 id", Call::get("/v1/projects/7")),
        ("400 name", Call::post("/v1/projects", &json!({}))),
        ("400 limit", Call::get("/v1/projects?limit=0")),
    ];
    for (name, call) in failures {
        bodies.push((name, scene.send(call).await.json()));
    }
    let stranger = Call::get("/v1/projects").send(&scene.service).await;
    bodies.push(("401", stranger.json()));
    bodies.push((
        "DELETE /v1/projects/{id}",
        scene.send(Call::new("DELETE", &path)).await.json(),
    ));
    let bodies: Value = bodies
        .into_iter()
        .map(|(name, body)| (name.to_owned(), body))
        .collect();
    insta::assert_json_snapshot!(bodies);
}
