//! Bad input gets an answer that names the field, and leaves nothing behind.

use serde_json::{Value, json};
use testkit::Call;

use crate::{Scene, create, patch, path};

#[tokio::test]
async fn bad_bodies_are_refused_by_field() {
    let scene = Scene::new().await;
    let url = "https://example.com/";
    let cases: &[(Value, &str)] = &[
        (json!({}), "url"),
        (json!({ "url": 7 }), "url"),
        (json!({ "url": null }), "url"),
        (json!({ "url": "" }), "url"),
        (json!({ "url": "example.com" }), "url"),
        (json!({ "url": "http://example.com/" }), "url"),
        (json!({ "url": "https://user:secret@example.com/" }), "url"),
        (json!({ "url": "https://example.com:8443/" }), "url"),
        (json!({ "url": "https://example.com/#a" }), "url"),
        (json!({ "url": "https://127.0.0.1/" }), "url"),
        (json!({ "url": "https://0x7f000001/" }), "url"),
        (json!({ "url": "https://[::ffff:10.0.0.1]/" }), "url"),
        (json!({ "url": "https://169.254.169.254/" }), "url"),
        (
            json!({ "url": format!("{url}{}", "x".repeat(2_048)) }),
            "url",
        ),
        // Shorter as it is written than as it is understood.
        (json!({ "url": format!("{url}{}", "é".repeat(600)) }), "url"),
        (
            json!({ "url": url, "description": "x".repeat(501) }),
            "description",
        ),
        (json!({ "url": url, "description": "\0" }), "description"),
        (
            json!({ "url": url, "event_types": ["moon.landed"] }),
            "event_types",
        ),
        (
            json!({ "url": url, "event_types": ["webhook.due"] }),
            "event_types",
        ),
        (
            json!({ "url": url, "event_types": vec!["project.created"; 51] }),
            "event_types",
        ),
        (
            json!({ "url": url, "event_types": "project.created" }),
            "event_types",
        ),
        (
            json!({ "url": url, "rate_per_minute": 0 }),
            "rate_per_minute",
        ),
        (
            json!({ "url": url, "rate_per_minute": 6_001 }),
            "rate_per_minute",
        ),
        (json!({ "url": url, "status": "paused" }), "status"),
        (json!({ "url": url, "colour": "red" }), "colour"),
    ];
    for (body, field) in cases {
        let reply = scene.send(create(body, "k")).await.expect(400);
        assert_eq!(reply.blamed(), [*field], "{body}");
    }
    assert_eq!(scene.count("endpoints").await, 0);
    let without = scene
        .send(Call::post("/v2/webhooks/endpoints", &json!({ "url": url })))
        .await;
    assert_eq!(without.expect(400).blamed(), ["idempotency-key"]);
}

#[tokio::test]
async fn bad_changes_are_refused_by_field() {
    let scene = Scene::new().await;
    let endpoint = scene.endpoint().await;
    for (body, field) in [
        (json!({ "status": "disabled" }), "status"),
        (json!({ "status": "deleted" }), "status"),
        (json!({ "status": null }), "status"),
        (json!({ "url": "https://10.0.0.1/" }), "url"),
    ] {
        let reply = scene.send(patch(&endpoint, &body)).await.expect(400);
        assert_eq!(reply.blamed(), [field], "{body}");
    }
    assert_eq!(scene.get(&path(&endpoint, "")).await["status"], "active");
}

#[tokio::test]
async fn bad_queries_and_times_are_refused_by_name() {
    let scene = Scene::new().await;
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("cursor=abc", "cursor"),
        ("endpoint_id=7", "endpoint_id"),
        ("status=lost", "status"),
        ("page=2", "page"),
    ] {
        let reply = scene
            .send(Call::get(&format!("/v2/webhooks/deliveries?{query}")))
            .await;
        assert_eq!(reply.expect(400).blamed(), [field], "{query}");
    }
    let endpoint = scene.endpoint().await;
    for since in ["2026-01-31T11:59:59Z", "2026-02-14T12:00:01Z", "yesterday"] {
        let recover = Call::post(&path(&endpoint, "/recover"), &json!({ "since": since }));
        let reply = scene.send(recover).await.expect(400);
        assert_eq!(reply.blamed(), ["since"], "{since}");
    }
    let keyless = Call::post(&path(&endpoint, "/test"), &json!({}));
    assert_eq!(
        scene.send(keyless).await.expect(400).blamed(),
        ["idempotency-key"]
    );
}
