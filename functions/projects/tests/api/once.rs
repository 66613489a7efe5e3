//! The same request twice has one effect and one answer.

use serde_json::json;
use testkit::{Call, Reply};

use crate::Scene;

async fn post(scene: &Scene, key: &str, name: &str) -> Reply {
    let call = Call::post("/v2/projects", &json!({ "name": name })).header("idempotency-key", key);
    scene.send(call).await
}

async fn total(scene: &Scene) -> i64 {
    let list = scene.send(Call::get("/v2/projects")).await.expect(200);
    list.json()["meta"]["total"].as_i64().unwrap()
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_byte_for_byte() {
    let scene = Scene::new().await;
    let first = post(&scene, "k", "Apollo").await.expect(201);
    let second = post(&scene, "\"k\"", "Apollo").await.expect(201);
    assert_eq!(first.body, second.body);
    for header in ["location", "etag", "content-type"] {
        assert_eq!(first.header(header), second.header(header));
    }
    assert_eq!(first.header("idempotent-replayed"), "");
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(total(&scene).await, 1);
    // The control: another key is another project.
    post(&scene, "k2", "Apollo").await.expect(201);
    assert_eq!(total(&scene).await, 2);
}

#[tokio::test]
async fn a_key_used_for_another_request_is_refused() {
    let scene = Scene::new().await;
    post(&scene, "k", "Apollo").await.expect(201);
    let reused = post(&scene, "k", "Gemini").await.expect(422);
    assert_eq!(reused.json()["code"], "idempotency_key_reused");
    assert_eq!(total(&scene).await, 1);
}

#[tokio::test]
async fn a_key_belongs_to_its_tenant() {
    let scene = Scene::new().await;
    post(&scene, "k", "Apollo").await.expect(201);
    let stranger = scene.stranger().await;
    let call =
        Call::post("/v2/projects", &json!({ "name": "Gemini" })).header("idempotency-key", "k");
    let theirs = call.by(&stranger).send(&scene.service).await.expect(201);
    assert_eq!(theirs.json()["name"], "Gemini");
}

#[tokio::test]
async fn twins_at_the_same_time_make_one_project() {
    let scene = Scene::new().await;
    let services: Vec<_> = (0..4)
        .map(|_| {
            let app = scene.database.app("projects");
            shared::pipeline::service(projects::routes::table(), app)
        })
        .collect();
    let call = Call::post("/v2/projects", &json!({ "name": "Apollo" }))
        .header("idempotency-key", "twins")
        .by(&scene.owner);
    let twins = services.into_iter().map(|service| {
        let call = call.clone();
        tokio::spawn(async move { call.send(&service).await })
    });
    let mut made = 0;
    for twin in twins.collect::<Vec<_>>() {
        let reply = twin.await.unwrap();
        match reply.status.as_u16() {
            201 => made += 1,
            409 => assert_eq!(reply.header("retry-after"), "1"),
            other => panic!("{other}"),
        }
    }
    assert!(made >= 1);
    assert_eq!(total(&scene).await, 1);
}

#[tokio::test]
async fn a_twin_that_is_still_at_work_is_told_apart() {
    let scene = Scene::new().await;
    let owner = scene.database.owner().await;
    let tenant = scene.owner.tenant.id();
    // The first request, caught between its record and its COMMIT.
    let begin = format!(
        "BEGIN; SELECT app.enter('{tenant}');
         INSERT INTO projects.idempotency (key, fingerprint) VALUES ('slow', 'x')"
    );
    owner.batch_execute(&begin).await.unwrap();
    let busy = post(&scene, "slow", "Apollo").await.expect(409);
    assert_eq!(busy.json()["code"], "request_in_progress");
    assert_eq!(busy.header("retry-after"), "1");
    owner.batch_execute("ROLLBACK").await.unwrap();
    post(&scene, "slow", "Apollo").await.expect(201);
}
