//! A secret is shown once, and stored where no answer can be made of it.

use serde_json::{Value, json};
use testkit::Call;
use time::Duration;

use crate::{Scene, create, key, patch, path, text};

fn rotate(endpoint: &Value, key: &str) -> Call {
    Call::post(&path(endpoint, "/rotate-secret"), &json!({})).header("idempotency-key", key)
}

#[tokio::test]
async fn a_repetition_gets_the_same_endpoint_without_its_secret() {
    let scene = Scene::new().await;
    let body = json!({ "url": "https://example.com/" });
    let first = scene.send(create(&body, "k")).await.expect(201);
    let again = scene.send(create(&body, "k")).await.expect(201);
    assert_eq!(again.header("idempotent-replayed"), "true");
    for header in ["location", "etag", "cache-control", "content-type"] {
        assert_eq!(first.header(header), again.header(header));
    }
    let (mut first, again) = (first.json(), again.json());
    let secret = text(&first, "secret").to_owned();
    assert!(
        secret.starts_with("whsec_") && secret.len() == 50,
        "{secret}"
    );
    standardwebhooks::Webhook::new(&secret).unwrap();
    first["secret"] = Value::Null;
    assert_eq!(again, first);
    assert_eq!(scene.count("endpoints").await, 1);

    let rotated = scene.send(rotate(&first, "r")).await.expect(200).json();
    let again = scene.send(rotate(&first, "r")).await.expect(200);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.json()["secret"], Value::Null);
    assert_ne!(text(&rotated, "secret"), secret);
    assert_eq!(scene.count("secrets").await, 2, "rotated once");
}

/// The records of requests, and everything else that is stored, hold no secret as it is shown.
#[tokio::test]
async fn no_stored_answer_holds_a_secret() {
    let scene = Scene::new().await;
    let body = json!({ "url": "https://example.com/" });
    scene.send(create(&body, "k")).await.expect(201);
    let kept = "idempotency WHERE convert_from(body, 'UTF8') LIKE";
    assert_eq!(scene.count(&format!("{kept} '%whsec_%'")).await, 0);
    // The control: the answers are there to be searched.
    assert_eq!(scene.count(&format!("{kept} '%\"secret\":null%'")).await, 1);
    // And the API's own role cannot read what it wrote.
    let client = scene.database.client("webhooks").await;
    let enter = format!("BEGIN; SELECT app.enter('{}')", scene.owner.tenant.id());
    client.batch_execute(&enter).await.unwrap();
    client
        .batch_execute("SELECT id FROM secrets")
        .await
        .unwrap();
    let read = client.batch_execute("SELECT secret FROM secrets").await;
    assert_eq!(read.unwrap_err().code().unwrap().code(), "42501");
}

#[tokio::test]
async fn the_secret_before_ends_a_day_after_it_was_replaced() {
    let scene = Scene::new().await;
    let endpoint = scene.endpoint().await;
    let rotated = scene
        .send(rotate(&endpoint, &key()))
        .await
        .expect(200)
        .json();
    assert_eq!(
        rotated["previous_secret_expires_at"],
        "2026-02-15T12:00:00Z"
    );
    scene.clock.advance(Duration::hours(23));
    let shown = scene.get(&path(&endpoint, "")).await;
    assert_eq!(shown["previous_secret_expires_at"], "2026-02-15T12:00:00Z");
    scene.clock.advance(Duration::hours(1));
    let shown = scene.get(&path(&endpoint, "")).await;
    assert_eq!(shown["previous_secret_expires_at"], Value::Null);
}

#[tokio::test]
async fn an_endpoint_has_five_secrets_in_force_at_most() {
    let scene = Scene::new().await;
    let endpoint = scene.endpoint().await;
    for _ in 0..4 {
        scene.send(rotate(&endpoint, &key())).await.expect(200);
    }
    let refused = scene.send(rotate(&endpoint, &key())).await.expect(409);
    assert_eq!(refused.json()["code"], "secret_limit_reached");
    scene.clock.advance(Duration::hours(24));
    scene.send(rotate(&endpoint, &key())).await.expect(200);
    assert_eq!(scene.count("secrets").await, 2, "the old ones are gone");
}

#[tokio::test]
async fn who_rotates_at_the_same_time_keeps_to_the_limit_together() {
    let scene = Scene::new().await;
    let endpoint = scene.endpoint().await;
    let calls = (0..12).map(|_| scene.send(rotate(&endpoint, &key())));
    for reply in futures_util::future::join_all(calls).await {
        let status = reply.status.as_u16();
        assert!([200, 409].contains(&status), "{status}");
    }
    assert_eq!(scene.count("secrets").await, 5);
}

/// What was answered once is answered again, whatever has become of the endpoint.
#[tokio::test]
async fn a_repetition_is_answered_when_nothing_more_could_be_done() {
    let scene = Scene::new().await;
    let endpoint = scene.endpoint().await;
    for place in 0..4 {
        let key = format!("r{place}");
        scene.send(rotate(&endpoint, &key)).await.expect(200);
    }
    scene.send(rotate(&endpoint, "r4")).await.expect(409);
    scene.send(rotate(&endpoint, "r3")).await.expect(200);
    let test = |key: &str| {
        Call::post(&path(&endpoint, "/test"), &json!({})).header("idempotency-key", key)
    };
    scene.send(test("t0")).await.expect(202);
    let pause = patch(&endpoint, &json!({ "status": "paused" }));
    scene.send(pause).await.expect(200);
    scene.send(test("t0")).await.expect(202);
    scene.send(test("t1")).await.expect(409);
    assert_eq!(scene.count("deliveries").await, 1);
}
