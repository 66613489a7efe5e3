//! Endpoints are made, changed, paused and removed, ten of them at most.

use futures_util::future::join_all;
use serde_json::json;
use shared::jobs::PUBLISHED;
use testkit::Call;

use crate::{Scene, create, key, patch, path, text};

#[tokio::test]
async fn an_endpoint_is_what_was_asked_for() {
    let scene = Scene::new().await;
    let body = json!({
        "url": "https://EXAMPLE.com/hook?a=b",
        "description": "Our CRM",
        "event_types": ["report.succeeded", "project.created", "project.created"],
        "rate_per_minute": 30,
    });
    let reply = scene.send(create(&body, "k")).await.expect(201);
    let made = reply.json();
    assert_eq!(reply.header("location"), path(&made, ""));
    assert_eq!(reply.header("etag"), "\"1\"");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(made["url"], "https://example.com/hook?a=b");
    assert_eq!(
        made["event_types"],
        json!(["project.created", "report.succeeded"])
    );
    assert_eq!(made["rate_per_minute"], 30);
    assert_eq!(made["status"], "active");

    let mut shown = scene.get(&path(&made, "")).await;
    assert_eq!(shown.get("secret"), None, "it is shown once");
    shown["secret"] = made["secret"].clone();
    assert_eq!(shown, made);

    let changes = json!({ "status": "paused", "event_types": [], "description": "" });
    let reply = scene.send(patch(&made, &changes)).await.expect(200);
    assert_eq!(reply.header("etag"), "\"2\"");
    let changed = reply.json();
    assert_eq!(changed["status"], "paused");
    assert_eq!(changed["event_types"], json!([]));
    assert_eq!(changed["url"], made["url"]);

    let stale = Call::new("PATCH", &path(&made, ""))
        .header("if-match", "\"1\"")
        .json(&json!({ "status": "active" }));
    scene.send(stale).await.expect(412);
    let delete = Call::new("DELETE", &path(&made, "")).header("if-match", "\"2\"");
    scene.send(delete.clone()).await.expect(204);
    scene.send(delete).await.expect(404);
    scene.send(Call::get(&path(&made, ""))).await.expect(404);
    let list = scene.get("/v2/webhooks/endpoints").await;
    assert_eq!(
        (&list["data"], &list["meta"]["total"]),
        (&json!([]), &json!(0))
    );
    assert_eq!(scene.count("secrets").await, 0, "secrets go at once");
}

#[tokio::test]
async fn a_tenant_has_ten_endpoints_at_most_however_many_ask_at_once() {
    let scene = Scene::new().await;
    let body = json!({ "url": "https://example.com/" });
    for _ in 0..8 {
        scene.send(create(&body, &key())).await.expect(201);
    }
    let twins = (0..4).map(|_| {
        let app = scene.database.app("webhooks");
        let state = webhooks::state::Webhooks {
            app,
            targets: shared::egress::Targets::Public,
        };
        let service = shared::pipeline::service(webhooks::routes::table(), state);
        let call = create(&body, &key()).by(&scene.owner);
        async move { call.send(&service).await }
    });
    let replies = join_all(twins).await;
    let made = replies.iter().filter(|reply| reply.status == 201).count();
    // One who has waited too long for the others was told so.
    assert!(made <= 2, "{replies:?}");
    for _ in made..2 {
        scene.send(create(&body, &key())).await.expect(201);
    }
    let full = scene.send(create(&body, "full")).await.expect(409);
    assert_eq!(full.json()["code"], "endpoint_limit_reached");
    // A slot that is free again is used, and the key of a refused request is free as well.
    let list = scene.get("/v2/webhooks/endpoints").await;
    let delete = Call::new("DELETE", &path(&list["data"][4], "")).header("if-match", "*");
    scene.send(delete).await.expect(204);
    scene.send(create(&body, "full")).await.expect(201);
    let list = scene.get("/v2/webhooks/endpoints").await;
    assert_eq!(list["meta"]["total"], 10);
    // The control: it is the tenant's limit, and not everybody's.
    let stranger = scene.stranger().await;
    let theirs = create(&body, &key())
        .by(&stranger)
        .send(&scene.service)
        .await;
    theirs.expect(201);
}

#[tokio::test]
async fn event_types_are_listed_with_what_they_tell() {
    let scene = Scene::new().await;
    let listed = scene.get("/v2/webhooks/event-types").await;
    let kinds = listed["data"].as_array().unwrap();
    assert_eq!(kinds.len(), PUBLISHED.len());
    for kind in kinds {
        let body = json!({ "url": "https://example.com/", "event_types": [kind["type"]] });
        let made = scene.send(create(&body, &key())).await.expect(201);
        assert!(!text(kind, "description").is_empty());
        let delete = Call::new("DELETE", &path(&made.json(), "")).header("if-match", "*");
        scene.send(delete).await.expect(204);
    }
}
