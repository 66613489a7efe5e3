//! A month's sums: kept while events come in, and as right as adding them up.

use shared::deadline::Deadline;
use testkit::Call;
use time::Duration;

use crate::queue::{batch, created, deliver, failed};
use crate::{NOW, Scene};

/// Projects used this month, as the API says and as the events say.
async fn used(scene: &Scene) -> (i64, i64) {
    let list = scene.get("/v2/billing/usage").await;
    let events = "
SELECT coalesce(sum(quantity), 0)::bigint AS quantity
FROM usage_events
WHERE occurred_at >= '2026-02-01Z' AND occurred_at < '2026-03-01Z'";
    let events = shared::db::Statement::new(events).one(|row| row.try_get("quantity"));
    let events = scene.app.db.read(scene.owner.tenant, events).await.unwrap();
    (list["data"][0]["used"].as_i64().unwrap(), events)
}

#[tokio::test]
async fn meters_at_the_same_time_count_each_event_once() {
    let scene = Scene::new().await;
    let month_before = NOW - Duration::days(40);
    let times = [NOW, NOW, month_before].repeat(10);
    let bodies: Vec<_> = times.iter().map(|at| created(&scene, *at)).collect();
    let meter = async |first: usize| {
        let db = scene.database.database("billing");
        let mut bodies = bodies.clone();
        bodies.rotate_left(first);
        failed(billing::meter::handle(&db, batch(&bodies), &Deadline::never()).await)
    };
    // Each has all messages, and begins at another one.
    let (a, b, c, d) = tokio::join!(meter(0), meter(7), meter(14), meter(21));
    for again in [a, b, c, d] {
        assert_eq!(again, [""; 0]);
    }
    assert_eq!(used(&scene).await, (20, 20));
    let stranger = scene.stranger().await;
    let theirs = Call::get("/v2/billing/usage").by(&stranger);
    let theirs = theirs.send(&scene.service).await.expect(200).json();
    assert_eq!(theirs["data"][0]["used"], 0, "another tenant's");
}

/// The control: what is shown is the sum that the trigger keeps.
#[tokio::test]
async fn without_the_trigger_the_sum_is_wrong() {
    let scene = Scene::new().await;
    let message = || created(&scene, NOW);
    assert!(deliver(&scene, &[message()]).await.is_empty());
    scene
        .sql("DROP TRIGGER usage_insert ON billing.usage_events")
        .await;
    assert!(deliver(&scene, &[message()]).await.is_empty());
    assert_eq!(used(&scene).await, (1, 2));
}
