//! Which plan a tenant has, and how it gets another.

use serde_json::{Value, json};
use shared::db::Statement;
use shared::jobs::TenantCreated;
use shared::tenant::{Role, Tenant};
use testkit::Call;
use tokio::task::JoinSet;

use crate::queue::{body, deliver};
use crate::{NOW, Scene, patch, put};

const SUBSCRIPTION: &str = "/v2/billing/subscription";

/// The data of the events in the outbox, oldest first.
async fn events(scene: &Scene) -> Vec<(String, Value)> {
    let sql = "SELECT type, data FROM billing.outbox ORDER BY occurred_at, dedup";
    let rows = scene.database.owner().await.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// How many subscriptions are written down for a tenant.
async fn rows(scene: &Scene, tenant: Tenant) -> i64 {
    let count = Statement::new("SELECT count(*) FROM subscriptions");
    let count = count.one(|row| row.try_get(0));
    scene.app.db.read(tenant, count).await.unwrap()
}

#[tokio::test]
async fn a_tenant_is_on_plan_free_before_and_after_its_row_is_made() {
    let scene = Scene::new().await;
    let before = scene.send(Call::get(SUBSCRIPTION)).await.expect(200);
    assert_eq!(before.json()["plan"], "free");
    assert_eq!(before.json()["status"], "active");
    assert_eq!(rows(&scene, scene.owner.tenant).await, 0);

    let founded = TenantCreated {
        user_id: scene.owner.user,
    };
    let message = body(&scene, NOW, founded);
    let twice = [message.clone(), message];
    assert!(deliver(&scene, &twice).await.is_empty());
    assert_eq!(rows(&scene, scene.owner.tenant).await, 1);
    let after = scene.send(Call::get(SUBSCRIPTION)).await.expect(200);
    assert_eq!(after.json(), before.json());
    assert_eq!(after.header("etag"), before.header("etag"));
}

#[tokio::test]
async fn a_late_founding_does_not_undo_a_choice() {
    let scene = Scene::new().await;
    scene.choose("pro").await;
    let founded = TenantCreated {
        user_id: scene.owner.user,
    };
    assert!(
        deliver(&scene, &[body(&scene, NOW, founded)])
            .await
            .is_empty()
    );
    assert_eq!(scene.get(SUBSCRIPTION).await["plan"], "pro");
}

#[tokio::test]
async fn owners_and_admins_choose_and_members_do_not() {
    let scene = Scene::new().await;
    let member = scene.owner.clone().with_role(Role::Member);
    for call in [patch("pro", "\"1\""), put("pro")] {
        let refused = call.by(&member).send(&scene.service).await.expect(403);
        let version_2 = refused.header("content-type") == "application/problem+json";
        assert!(!version_2 || refused.json()["code"] == "insufficient_role");
    }
    let same = scene.get(SUBSCRIPTION).await;
    assert_eq!(
        (same["plan"].as_str(), events(&scene).await.len()),
        (Some("free"), 0)
    );

    let admin = scene.owner.clone().with_role(Role::Admin);
    let changed = patch("pro", "\"1\"").by(&admin).send(&scene.service).await;
    let changed = changed.expect(200);
    assert_eq!(changed.json()["plan"], "pro");
    assert_eq!(changed.header("etag"), "\"2\"");
    let read = Call::get(SUBSCRIPTION)
        .by(&member)
        .send(&scene.service)
        .await;
    assert_eq!(read.expect(200).json(), changed.json());
    scene.send(patch("enterprise", "\"2\"")).await.expect(200);
}

#[tokio::test]
async fn a_change_that_has_not_seen_the_last_one_is_refused() {
    let scene = Scene::new().await;
    let unseen = Call::new("PATCH", SUBSCRIPTION).json(&json!({ "plan": "pro" }));
    let unseen = scene.send(unseen).await.expect(428);
    assert_eq!(unseen.json()["code"], "if_match_required");
    scene.send(patch("pro", "\"1\"")).await.expect(200);
    let stale = scene.send(patch("enterprise", "\"1\"")).await.expect(412);
    assert_eq!(stale.json()["code"], "stale_version");
    assert_eq!(scene.get(SUBSCRIPTION).await["plan"], "pro");
    assert_eq!(events(&scene).await.len(), 1);
    scene.send(patch("enterprise", "*")).await.expect(200);
    // A refused first change leaves no row behind.
    let stranger = scene.stranger().await;
    let early = patch("pro", "\"2\"")
        .by(&stranger)
        .send(&scene.service)
        .await;
    early.expect(412);
    assert_eq!(rows(&scene, stranger.tenant).await, 0);
    assert_eq!(rows(&scene, scene.owner.tenant).await, 1);
}

#[tokio::test]
async fn of_changes_at_the_same_time_one_wins() {
    const RIVALS: usize = 6;
    let scene = Scene::new().await;
    let mut rivals = JoinSet::new();
    for _ in 0..RIVALS {
        let app = scene.database.app("billing");
        let service = shared::pipeline::service(billing::routes::table(), app);
        let call = patch("pro", "\"1\"").by(&scene.owner);
        rivals.spawn(async move { call.send(&service).await.status.as_u16() });
    }
    let statuses = rivals.join_all().await;
    let won = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!(won, 1, "{statuses:?}");
    assert!(
        statuses
            .iter()
            .all(|status| [200, 409, 412].contains(status)),
        "{statuses:?}"
    );
    assert_eq!(events(&scene).await.len(), 1);
}

#[tokio::test]
async fn a_plan_that_is_not_on_sale_is_refused_by_name() {
    let scene = Scene::new().await;
    let long = "x".repeat(33);
    let bodies = [
        (json!({ "plan": "gold" }), "plan"),
        (json!({ "plan": "" }), "plan"),
        (json!({ "plan": "PRO" }), "plan"),
        (json!({ "plan": "pro\u{0}" }), "plan"),
        (json!({ "plan": long }), "plan"),
        (json!({ "plan": 7 }), "plan"),
        (json!({ "plan": null }), "plan"),
        (json!({}), "plan"),
        (json!({ "plan": "pro", "status": "active" }), "status"),
        (json!([]), "body"),
    ];
    for (body, field) in bodies {
        let call = patch("", "*").json(&body);
        let reply = scene.send(call).await.expect(400);
        assert_eq!(reply.blamed(), [field], "{body}");
    }
    let v1 = scene.send(put("gold")).await.expect(400);
    assert!(v1.json()["error"].as_str().unwrap().starts_with("plan: "));
    assert_eq!(
        (
            rows(&scene, scene.owner.tenant).await,
            events(&scene).await.len()
        ),
        (0, 0)
    );
}

#[tokio::test]
async fn each_change_is_told_once_and_a_repetition_is_none() {
    let scene = Scene::new().await;
    scene.choose("pro").await;
    let again = scene.choose("pro").await;
    assert_eq!(again.header("etag"), "\"2\"");
    scene.choose("free").await;
    scene.choose("pro").await;
    let told = ["pro", "free", "pro"]
        .map(|plan| ("subscription.changed".to_owned(), json!({ "plan": plan })));
    assert_eq!(events(&scene).await, told);
}

#[tokio::test]
async fn a_new_plan_revives_what_was_cancelled_and_settles_no_debt() {
    let scene = Scene::new().await;
    scene.choose("pro").await;
    for (status, then) in [("cancelled", "active"), ("past_due", "past_due")] {
        for plan in ["pro", "enterprise"] {
            scene.choose("pro").await;
            scene
                .within(&format!(
                    "UPDATE billing.subscriptions SET status = '{status}'"
                ))
                .await;
            let changed = scene.choose(plan).await;
            assert_eq!(changed.json(), json!({ "plan": plan, "status": then }));
            scene
                .within("UPDATE billing.subscriptions SET status = 'active'")
                .await;
        }
    }
}

/// What the authorizer, as its own role, is told that a tenant may use.
async fn entitled(scene: &Scene, tenant: Tenant) -> (String, i32) {
    let authorizer = scene.database.client("authorizer").await;
    let enter = format!("BEGIN; SELECT app.enter('{}')", tenant.id());
    authorizer.batch_execute(&enter).await.unwrap();
    let sql = "SELECT plan, requests_per_minute FROM billing.entitlements()";
    let row = authorizer.query_one(sql, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn the_limits_of_one_tenant_follow_its_plan() {
    let scene = Scene::new().await;
    let (ours, theirs) = (scene.owner.tenant, scene.stranger().await.tenant);
    let free = ("free".to_owned(), 100);
    assert_eq!(entitled(&scene, ours).await, free);
    scene.choose("pro").await;
    assert_eq!(entitled(&scene, ours).await, ("pro".to_owned(), 1000));
    assert_eq!(entitled(&scene, theirs).await, free);
    scene
        .within("UPDATE billing.subscriptions SET status = 'cancelled'")
        .await;
    assert_eq!(entitled(&scene, ours).await, free);
}
