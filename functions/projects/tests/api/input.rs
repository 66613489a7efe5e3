//! Bad input gets an answer that names the field, and leaves nothing behind.

use serde_json::{Value, json};
use testkit::{Call, Reply};

use crate::Scene;

async fn post(scene: &Scene, body: &str) -> Reply {
    let call = Call::new("POST", "/v2/projects")
        .header("idempotency-key", "bad-input")
        .header("content-type", "application/json")
        .body(body);
    scene.send(call).await
}

#[tokio::test]
async fn bad_bodies_are_refused_by_field() {
    let scene = Scene::new().await;
    let long = json!({ "name": "x".repeat(201) }).to_string();
    let cases: &[(&str, &str)] = &[
        ("", "body"),
        ("{", "body"),
        ("[]", "body"),
        (r#"{"name":"a"} trailing"#, "body"),
        ("{}", "name"),
        (r#"{"name":7}"#, "name"),
        (r#"{"name":null}"#, "name"),
        (r#"{"name":""}"#, "name"),
        (r#"{"name":"   "}"#, "name"),
        (r#"{"name":"a\u0000b"}"#, "name"),
        (r#"{"name":"two\nlines"}"#, "name"),
        (r#"{"name":"a","name":"b"}"#, "name"),
        (r#"{"name":"a","description":"\u0000"}"#, "description"),
        (r#"{"name":"a","colour":"red"}"#, "colour"),
        (&long, "name"),
    ];
    for (body, field) in cases {
        let reply = post(&scene, body).await.expect(400);
        assert_eq!(reply.blamed(), [*field], "{body}");
        assert_eq!(reply.header("content-type"), "application/problem+json");
    }
    let list = scene.send(Call::get("/v2/projects")).await.expect(200);
    assert_eq!(list.json()["meta"]["total"], 0);
    // The key of a refused request is free: the corrected one is done.
    post(&scene, r#"{"name":"fine"}"#).await.expect(201);
}

#[tokio::test]
async fn large_and_foreign_bodies_are_refused() {
    let scene = Scene::new().await;
    let large = json!({ "name": "x".repeat(2 * 1024 * 1024) }).to_string();
    let reply = post(&scene, &large).await.expect(413);
    assert_eq!(reply.json()["code"], "body_too_large");

    let form = Call::new("POST", "/v2/projects")
        .header("idempotency-key", "form")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("name=a");
    let reply = scene.send(form).await.expect(415);
    assert_eq!(reply.json()["code"], "unsupported_media_type");
}

/// An answer does not grow with the text it complains about, or it would be too large to deliver.
#[tokio::test]
async fn an_error_repeats_little_of_what_was_sent() {
    let scene = Scene::new().await;
    let text = "\u{301}".repeat(400_000);
    for body in [
        json!(text),
        json!({ "name": 7, text.clone(): 1 }),
        json!({ text.clone(): 1 }),
    ] {
        let reply = post(&scene, &body.to_string()).await.expect(400);
        assert!(reply.body.len() < 4_096, "{} bytes", reply.body.len());
    }
}

#[tokio::test]
async fn bad_paths_and_queries_are_refused_by_name() {
    let scene = Scene::new().await;
    let cases = [
        ("/v2/projects/7", "id"),
        ("/v2/projects/0190a0a0-0000-7000-8000-00000000000g", "id"),
        ("/v2/projects/{0190a0a000007000800000000000000f}", "id"),
        ("/v2/projects/%00", "id"),
        ("/v2/projects?limit=0", "limit"),
        ("/v2/projects?limit=101", "limit"),
        ("/v2/projects?limit=ten", "limit"),
        ("/v2/projects?page=0", "page"),
        ("/v2/projects?page=99999999999", "page"),
        ("/v2/projects?cursor=abc", "cursor"),
        ("/v2/projects?cursor=%00", "cursor"),
        ("/v2/projects?colour=red", "colour"),
        ("/v1/projects/7", ""),
    ];
    for (target, field) in cases {
        let reply = scene.send(Call::get(target)).await.expect(400);
        match field {
            "" => assert!(reply.json()["error"].is_string()),
            field => assert_eq!(reply.blamed(), [field], "{target}"),
        }
    }
    let both = Call::get("/v2/projects?page=1&cursor=abc");
    assert_eq!(scene.send(both).await.expect(400).blamed(), ["page"]);
}

#[tokio::test]
async fn bad_headers_are_refused_by_name() {
    let scene = Scene::new().await;
    let path = format!("/v2/projects/{}", scene.create("Apollo").await);
    for tag in ["1", "\"1", "\"1\", \"2\"", ""] {
        let patch = Call::new("PATCH", &path)
            .header("if-match", tag)
            .json(&json!({}));
        assert_eq!(
            scene.send(patch).await.expect(400).blamed(),
            ["if-match"],
            "{tag}"
        );
    }
    for tag in ["\"one\"", "W/\"1\"", "\"01\"", "\"+1\"", "\"0\""] {
        let patch = Call::new("PATCH", &path)
            .header("if-match", tag)
            .json(&json!({}));
        assert_eq!(
            scene.send(patch).await.expect(412).json()["code"],
            "stale_version",
            "{tag}"
        );
    }
    let null = Call::new("PATCH", &path)
        .header("if-match", "*")
        .json(&json!({ "description": null }));
    assert_eq!(scene.send(null).await.expect(400).blamed(), ["description"]);
    let body = json!({ "name": "a" });
    for key in ["", "\"\"", "a b", &"k".repeat(256)] {
        let post = Call::post("/v2/projects", &body).header("idempotency-key", key);
        let reply = scene.send(post).await.expect(400);
        assert_eq!(reply.blamed(), ["idempotency-key"], "{key}");
    }
    let without = scene.send(Call::post("/v2/projects", &body)).await;
    assert_eq!(without.expect(400).blamed(), ["idempotency-key"]);
}

#[tokio::test]
async fn unknown_paths_and_methods_have_the_form_of_every_error() {
    let scene = Scene::new().await;
    let unknown = scene.send(Call::get("/v2/nothing")).await.expect(404);
    assert_eq!(unknown.json()["code"], "not_found");
    let method = scene
        .send(Call::new("PUT", "/v2/projects"))
        .await
        .expect(405);
    assert_eq!(method.json()["code"], "method_not_allowed");
    assert!(method.header("allow").contains("POST"));
    let version = scene.send(Call::get("/v3/projects")).await.expect(404);
    assert_ne!(version.json(), Value::Null);
}
