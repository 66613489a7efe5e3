//! The life of a version: announced, dated, and over.

use serde_json::{Value, json};
use testkit::Call;

use crate::Scene;

fn stage(sunset_at: &str) -> Value {
    json!({
        "deprecated_at": "2026-06-01T00:00:00Z",
        "sunset_at": sunset_at,
        "successor": "v2",
        "policy": "https://docs.example.com/api-lifecycle",
    })
}

#[tokio::test]
async fn a_deprecated_version_says_so_and_until_when() {
    let scene = Scene::new().await;
    let call = Call::get("/v1/projects").stage_variables(stage("2097-06-30T00:00:00Z"));
    let reply = scene.send(call).await.expect(200);
    assert_eq!(reply.json(), json!([]));
    assert_eq!(reply.header("deprecation"), "@1780272000");
    assert_eq!(reply.header("sunset"), "Sun, 30 Jun 2097 00:00:00 GMT");
    let link = reply.header("link");
    assert!(
        link.contains(r#"</v2/projects>; rel="successor-version""#),
        "{link}"
    );
    assert!(link.contains(r#"rel="deprecation""#), "{link}");
    assert!(link.contains(r#"rel="sunset""#), "{link}");

    // The successor of a thing is the same thing, under its own path.
    let id = scene.create("Apollo").await;
    let put = Call::new("PUT", &format!("/v1/projects/{id}"))
        .json(&json!({ "name": "b" }))
        .stage_variables(stage("2097-06-30T00:00:00Z"));
    let link = scene.send(put).await.expect(200).header("link").to_owned();
    assert!(link.contains(&format!("</v2/projects/{id}>")), "{link}");
}

#[tokio::test]
async fn the_current_version_has_no_such_headers() {
    let scene = Scene::new().await;
    let reply = scene.send(Call::get("/v2/projects")).await.expect(200);
    for header in ["deprecation", "sunset", "link"] {
        assert_eq!(reply.header(header), "");
    }
    assert!(reply.json()["data"].is_array());
    assert!(reply.json()["meta"].is_object());
}

#[tokio::test]
async fn after_its_sunset_a_version_is_gone_and_still_points_on() {
    let scene = Scene::new().await;
    let create = Call::post("/v1/projects", &json!({ "name": "late" }));
    let reply = scene
        .send(create.stage_variables(stage("2026-06-30T00:00:00Z")))
        .await;
    let reply = reply.expect(410);
    assert!(reply.header("link").contains("successor-version"));
    assert!(reply.json()["error"].is_string());
    let list = scene.send(Call::get("/v2/projects")).await.expect(200);
    assert_eq!(list.json()["meta"]["total"], 0);
}

#[tokio::test]
async fn a_stage_serves_its_own_version_only() {
    let scene = Scene::new().await;
    let call = Call::get("/v1/projects");
    let mut event = call.event().clone();
    event["requestContext"]["stage"] = "v2".into();
    // The runtime puts the stage before a path that lacks it: /v2/v1/projects.
    let crossed = Call::from_event(&event.to_string());
    scene.send(crossed).await.expect(404);
}
