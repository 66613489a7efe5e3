//! Deliveries are listed, begun anew, and made for what was missed.

use serde_json::{Value, json};
use testkit::{Call, Reply};
use time::Duration;

use crate::{Scene, key, patch, path, text};

impl Scene {
    /// Has a message that tells of nothing on its way, and answers with its delivery.
    pub(crate) async fn test(&self, endpoint: &Value, key: &str) -> Reply {
        let call = Call::post(&path(endpoint, "/test"), &json!({})).header("idempotency-key", key);
        self.send(call).await
    }

    /// Runs SQL within the scene's own tenant.
    async fn within(&self, sql: &str) {
        let tenant = self.owner.tenant.id();
        let sql = format!(
            "BEGIN; SELECT app.enter('{tenant}'); SET LOCAL search_path = webhooks; {sql}; COMMIT"
        );
        let owner = self.database.owner().await;
        owner.batch_execute(&sql).await.unwrap();
    }
}

fn redeliver(delivery: &Value) -> Call {
    let path = format!("/v2/webhooks/deliveries/{}/redeliver", text(delivery, "id"));
    Call::post(&path, &json!({}))
}

fn ids(list: &Value) -> Vec<&str> {
    let rows = list["data"].as_array().unwrap();
    rows.iter().map(|row| text(row, "id")).collect()
}

#[tokio::test]
async fn a_test_is_on_its_way_once_for_each_key() {
    let scene = Scene::new().await;
    let endpoint = scene.endpoint().await;
    let first = scene.test(&endpoint, "k").await.expect(202);
    let again = scene.test(&endpoint, "k").await.expect(202);
    assert_eq!(first.body, again.body);
    assert_eq!(scene.count("deliveries").await, 1);
    let delivery = scene.get(first.header("location")).await;
    assert_eq!(delivery["event_type"], "webhook.test");
    assert_eq!(delivery["status"], "pending");
    assert_eq!(delivery["next_attempt_at"], "2026-02-14T12:00:00Z");
    assert_eq!(delivery["attempt_log"], json!([]));
    let due = "outbox WHERE type = 'webhook.due' AND sent_at IS NULL";
    assert_eq!(scene.count(due).await, 1, "the dispatcher is told");
}

#[tokio::test]
async fn deliveries_are_listed_page_by_page_and_by_what_one_looks_for() {
    let scene = Scene::new().await;
    let (one, two) = (scene.endpoint().await, scene.endpoint().await);
    let mut made = Vec::new();
    for n in 0..5 {
        scene.clock.advance(Duration::seconds(1));
        let endpoint = if n == 2 { &two } else { &one };
        let reply = scene.test(endpoint, &key()).await.expect(202);
        made.push(text(&reply.json(), "id").to_owned());
    }
    made.reverse();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for _ in 0..3 {
        let page = scene
            .get(&format!("/v2/webhooks/deliveries?limit=2{cursor}"))
            .await;
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        match page["meta"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, made);
    let filter = format!("/v2/webhooks/deliveries?endpoint_id={}", text(&two, "id"));
    assert_eq!(ids(&scene.get(&filter).await), [made[2].as_str()]);
    let close = format!(
        "UPDATE deliveries SET status = 'failed', finished_at = now() WHERE id = '{}'",
        made[0]
    );
    scene.within(&close).await;
    let failed = scene.get("/v2/webhooks/deliveries?status=failed").await;
    assert_eq!(ids(&failed), [made[0].as_str()]);
    let other = scene
        .get("/v2/webhooks/deliveries?event_type=project.created")
        .await;
    assert_eq!(ids(&other), [""; 0]);
    let tests = scene
        .get("/v2/webhooks/deliveries?event_type=webhook.test&status=pending")
        .await;
    assert_eq!(ids(&tests).len(), 4);
}

#[tokio::test]
async fn one_that_was_given_up_is_begun_anew() {
    let scene = Scene::new().await;
    let endpoint = scene.endpoint().await;
    let delivery = scene.test(&endpoint, &key()).await.expect(202).json();
    scene
        .within("UPDATE deliveries SET status = 'failed', tries = 10, finished_at = now()")
        .await;
    scene.clock.advance(Duration::days(2));
    let again = scene.send(redeliver(&delivery)).await.expect(202).json();
    assert_eq!(again["status"], "pending");
    assert_eq!(again["next_attempt_at"], "2026-02-16T12:00:00Z");
    assert_eq!(scene.count("deliveries WHERE tries = 0").await, 1);
    // One that is with the sender stays there.
    scene
        .within("UPDATE deliveries SET claimed = true, tries = 3, due_at = due_at + interval '10 minutes'")
        .await;
    scene.send(redeliver(&delivery)).await.expect(202);
    assert_eq!(
        scene.count("deliveries WHERE claimed AND tries = 3").await,
        1
    );
}

#[tokio::test]
async fn what_is_not_active_is_not_sent_to() {
    let scene = Scene::new().await;
    let endpoint = scene.endpoint().await;
    let delivery = scene.test(&endpoint, &key()).await.expect(202).json();
    scene
        .send(patch(&endpoint, &json!({ "status": "paused" })))
        .await
        .expect(200);
    let recover = Call::post(
        &path(&endpoint, "/recover"),
        &json!({ "since": "2026-02-14T00:00:00Z" }),
    );
    for call in [redeliver(&delivery), recover] {
        let refused = scene.send(call).await.expect(409);
        assert_eq!(refused.json()["code"], "endpoint_not_active");
    }
    let refused = scene.test(&endpoint, &key()).await.expect(409);
    assert_eq!(refused.json()["code"], "endpoint_not_active");
    scene
        .send(patch(&endpoint, &json!({ "status": "active" })))
        .await
        .expect(200);
    scene.send(redeliver(&delivery)).await.expect(202);
}

#[tokio::test]
async fn what_was_missed_since_a_time_is_made_good_and_nothing_else() {
    let scene = Scene::new().await;
    let body = json!({ "url": "https://example.com/", "event_types": ["project.created"] });
    let endpoint = scene
        .send(crate::create(&body, &key()))
        .await
        .expect(201)
        .json();
    let id = text(&endpoint, "id");
    let message = |n: u32, kind: &str, hours: u32| {
        format!(
            "INSERT INTO messages (id, type, body, created_at)
             VALUES ('00000000-0000-7000-8000-00000000000{n}', '{kind}', '{{}}', '2026-02-14 12:00:00Z'::timestamptz - interval '{hours} hours')"
        )
    };
    let delivery = |n: u32, status: &str| {
        format!(
            "INSERT INTO deliveries (id, endpoint_id, message_id, type, status, tries, due_at, finished_at)
             VALUES (gen_random_uuid(), '{id}', '00000000-0000-7000-8000-00000000000{n}', 'project.created', '{status}', 10, now(), now())"
        )
    };
    scene
        .within(
            &[
                message(1, "project.created", 1), // missed
                message(2, "project.deleted", 1), // not wanted
                message(3, "project.created", 1), // given up
                message(4, "project.created", 1), // arrived
                message(5, "project.created", 9), // too old
                delivery(3, "failed"),
                delivery(4, "succeeded"),
                // What came before there was an endpoint is not missed by it.
                "UPDATE endpoints SET created_at = created_at - interval '4 hours'".to_owned(),
            ]
            .join(";"),
        )
        .await;
    let recover = Call::post(
        &path(&endpoint, "/recover"),
        &json!({ "since": "2026-02-14T06:00:00Z" }),
    );
    let recovered = scene.send(recover.clone()).await.expect(202).json();
    assert_eq!(recovered, json!({ "deliveries": 2, "more": false }));
    let pending = "deliveries WHERE status = 'pending' AND tries = 0";
    assert_eq!(scene.count(pending).await, 2);
    assert_eq!(scene.count("deliveries").await, 3);
    let again = scene.send(recover).await.expect(202).json();
    assert_eq!(again["deliveries"], 0);
}
