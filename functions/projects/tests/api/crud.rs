//! Create, read, update, delete, in both versions.

use serde_json::json;
use testkit::Call;

use crate::{Scene, uuid};

#[tokio::test]
async fn a_project_lives_and_dies_in_v2() {
    let scene = Scene::new().await;
    let body = json!({ "name": "  Apollo ", "description": "to the moon" });
    let create = Call::post("/v2/projects", &body).header("idempotency-key", "k1");
    let made = scene.send(create).await.expect(201);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/v2/projects/{id}");
    assert_eq!(made.header("location"), path);
    assert_eq!(made.header("etag"), "\"1\"");

    let read = scene.send(Call::get(&path)).await.expect(200);
    assert_eq!(read.json(), made.json());
    assert_eq!(read.json()["name"], "Apollo");
    assert_eq!(read.header("etag"), "\"1\"");

    let patch = Call::new("PATCH", &path)
        .header("if-match", "\"1\"")
        .json(&json!({ "status": "archived" }));
    let changed = scene.send(patch).await.expect(200);
    assert_eq!(changed.json()["status"], "archived");
    assert_eq!(changed.json()["description"], "to the moon");
    assert_eq!(changed.header("etag"), "\"2\"");

    let delete = Call::new("DELETE", &path).header("if-match", "\"2\"");
    scene.send(delete).await.expect(204);
    scene.send(Call::get(&path)).await.expect(404);
}

#[tokio::test]
async fn a_project_lives_and_dies_in_v1() {
    let scene = Scene::new().await;
    let create = Call::post("/v1/projects", &json!({ "name": "Apollo" }));
    let made = scene.send(create).await.expect(201);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/projects/{id}");
    assert_eq!(made.json(), json!({ "id": id, "name": "Apollo" }));

    let put = Call::new("PUT", &path).json(&json!({ "name": "Gemini" }));
    let changed = scene.send(put).await.expect(200);
    assert_eq!(changed.json(), json!({ "id": id, "name": "Gemini" }));

    scene.send(Call::new("DELETE", &path)).await.expect(204);
    let gone = scene.send(Call::get(&path)).await.expect(404);
    assert_eq!(gone.json(), json!({ "error": "project not found" }));
}

#[tokio::test]
async fn a_change_that_has_not_seen_the_last_one_is_refused() {
    let scene = Scene::new().await;
    let path = format!("/v2/projects/{}", scene.create("Apollo").await);
    let patch = |seen: &str| {
        Call::new("PATCH", &path)
            .header("if-match", seen)
            .json(&json!({ "name": "Gemini" }))
    };
    scene.send(patch("\"1\"")).await.expect(200);
    let stale = scene.send(patch("\"1\"")).await.expect(412);
    assert_eq!(stale.json()["code"], "stale_version");
    let stale = Call::new("DELETE", &path).header("if-match", "\"1\"");
    scene.send(stale).await.expect(412);
    let unseen = Call::new("DELETE", &path);
    scene.send(unseen).await.expect(428);
    scene.send(patch("*")).await.expect(200);
    let absent = Call::new("DELETE", &format!("/v2/projects/{}", uuid())).header("if-match", "*");
    scene.send(absent).await.expect(404);
}

#[tokio::test]
async fn what_happened_is_in_the_outbox_and_what_did_not_is_not() {
    let scene = Scene::new().await;
    let id = scene.create("Apollo").await;
    let path = format!("/v2/projects/{id}");
    let delete = |seen: &str| Call::new("DELETE", &path).header("if-match", seen);
    scene.send(delete("\"7\"")).await.expect(412);
    scene.send(delete("\"1\"")).await.expect(204);
    scene.send(delete("\"1\"")).await.expect(404);

    let owner = scene.database.owner().await;
    let events = "SELECT type, dedup FROM projects.outbox ORDER BY occurred_at, id";
    let events: Vec<(String, String)> = owner
        .query(events, &[])
        .await
        .unwrap()
        .iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect();
    let expected = ["project.created", "project.deleted"].map(|kind| (kind.to_owned(), id.clone()));
    assert_eq!(events, expected);
}

#[tokio::test]
async fn every_statement_prepares_as_its_role() {
    let scene = Scene::new().await;
    let statements = [
        projects::store::STATEMENTS,
        shared::idempotency::STATEMENTS,
        shared::outbox::STATEMENTS,
    ]
    .concat();
    scene.database.prepare_all("projects", &statements).await;
}
