//! How many of a tenant's reports run at once, and how the others get their turn.

use report_worker::job::ATTEMPTS_MAX;
use report_worker::state::Worker;
use serde_json::{Value, json};
use shared::ids::ReportId;
use shared::storage::Storage;

use crate::Scene;

impl Scene {
    /// A report that some other worker has.
    async fn held(&self) -> ReportId {
        let id = self.order("project_summary", &json!({})).await;
        self.hold(id, "1 hour").await;
        id
    }

    async fn hold(&self, id: ReportId, until: &str) {
        self.within(&format!(
            "UPDATE reports.reports SET status = 'running', fence = 1, attempts = 1, started_at = now(),
             lease_until = now() + interval '{until}' WHERE id = '{id}'"
        ))
        .await;
    }

    async fn plan(&self, plan: &str) {
        self.within(&format!(
            "INSERT INTO billing.subscriptions (plan_id) VALUES ('{plan}')"
        ))
        .await;
    }

    /// The reports that messages on the queue ask for.
    async fn asked_for(&self) -> Vec<String> {
        let messages = self.queue.take().await;
        let reports = messages.iter().map(|message| {
            let body: Value = serde_json::from_str(message.body().unwrap()).unwrap();
            body["data"]["report_id"].as_str().unwrap().to_owned()
        });
        reports.collect()
    }

    async fn unsent(&self, id: ReportId) -> i64 {
        let count = "SELECT count(*) FROM reports.outbox
             WHERE type = 'report.requested' AND dedup = $1 AND sent_at IS NULL";
        let row = self.owner.query_one(count, &[&id.to_string()]).await;
        row.unwrap().get(0)
    }

    async fn is_parked(&self, id: ReportId) -> bool {
        let report = self.report(id).await;
        let parked: Option<time::OffsetDateTime> = report.get("parked_at");
        report.get::<_, &str>("status") == "queued" && parked.is_some()
    }
}

/// Two at once for the plan `free`: the third rests without a message, and the end of another one
/// brings it back.
#[tokio::test]
async fn a_report_over_the_cap_is_parked_and_woken_by_the_end_of_another() {
    let scene = Scene::new().await;
    let (first, second) = (scene.held().await, scene.held().await);
    let third = scene.order("project_summary", &json!({})).await;
    let fourth = scene.order("project_summary", &json!({})).await;
    for id in [third, fourth] {
        assert!(scene.deliver(&[scene.message(id)], 1).await.is_empty());
        assert!(scene.is_parked(id).await);
        assert_eq!(scene.unsent(id).await, 0, "it is nobody's to send");
    }
    assert!(scene.asked_for().await.is_empty());

    // Its worker has died, and its message comes again.
    scene.hold(first, "-1 second").await;
    assert!(scene.deliver(&[scene.message(first)], 2).await.is_empty());
    assert_eq!(
        scene.report(first).await.get::<_, &str>("status"),
        "succeeded"
    );
    assert_eq!(
        scene.asked_for().await,
        [third.to_string()],
        "the oldest, and one"
    );
    assert!(!scene.is_parked(third).await && scene.is_parked(fourth).await);
    assert_eq!(
        scene.unsent(third).await,
        1,
        "should the message be lost, the relay has it"
    );
    assert!(scene.deliver(&[scene.message(third)], 1).await.is_empty());
    assert_eq!(
        scene.report(third).await.get::<_, &str>("status"),
        "succeeded"
    );
    assert_eq!(scene.unsent(third).await, 0);
    assert_eq!(scene.asked_for().await, [fourth.to_string()]);
    assert_eq!(
        scene.report(second).await.get::<_, &str>("status"),
        "running"
    );
}

/// The control: it was the plan's number that parked, of this tenant alone.
#[tokio::test]
async fn a_larger_plan_and_another_tenant_have_room() {
    let scene = Scene::new().await;
    for _ in 0..2 {
        scene.held().await;
    }
    let id = scene.order("project_summary", &json!({})).await;
    let other = Scene {
        tenant: scene.database.tenant().await,
        owner: scene.database.owner().await,
        ..scene
    };
    let theirs = other.order("project_summary", &json!({})).await;
    assert!(other.deliver(&[other.message(theirs)], 1).await.is_empty());
    assert_eq!(
        other.report(theirs).await.get::<_, &str>("status"),
        "succeeded"
    );
    let scene = Scene {
        tenant: scene.tenant,
        ..other
    };
    scene.plan("pro").await;
    assert!(scene.deliver(&[scene.message(id)], 1).await.is_empty());
    assert_eq!(scene.report(id).await.get::<_, &str>("status"), "succeeded");
}

/// Whatever ends a report makes room: a failure, and being given back for another try.
#[tokio::test]
async fn a_failure_and_a_retry_make_room() {
    let scene = Scene::new().await;
    scene.held().await;
    let bad = scene.order("weather", &json!({})).await;
    scene.hold(bad, "1 hour").await;
    let waiting = scene.order("project_summary", &json!({})).await;
    scene.deliver(&[scene.message(waiting)], 1).await;
    assert!(scene.is_parked(waiting).await);
    scene.hold(bad, "-1 second").await;
    scene.deliver(&[scene.message(bad)], 2).await;
    assert_eq!(scene.report(bad).await.get::<_, &str>("status"), "failed");
    assert_eq!(scene.asked_for().await, [waiting.to_string()]);
}

/// A report that is parked between its attempts comes by a new message each time, whose deliveries count
/// from one: it ends nevertheless.
#[tokio::test]
async fn a_failing_report_that_is_parked_again_and_again_ends() {
    let scene = Scene::new().await;
    let scene = Scene {
        worker: Worker {
            // No bucket has this name, so nothing can be put into it.
            storage: Storage::new(String::new()),
            ..scene.worker.clone()
        },
        ..scene
    };
    let poison = scene.order("project_summary", &json!({})).await;
    let (first, second) = (scene.held().await, scene.held().await);
    for attempt in 1..=ATTEMPTS_MAX {
        assert!(scene.deliver(&[scene.message(poison)], 1).await.is_empty());
        assert!(scene.is_parked(poison).await);
        scene.hold(first, "-1 second").await;
        let again = scene.deliver(&[scene.message(poison)], 1).await;
        assert_eq!(again.is_empty(), attempt == ATTEMPTS_MAX, "{attempt}");
        let report = scene.report(poison).await;
        assert_eq!(report.get::<_, i32>("attempts").unsigned_abs(), attempt);
        scene.hold(first, "1 hour").await;
    }
    let report = scene.report(poison).await;
    assert_eq!(report.get::<_, &str>("status"), "failed");
    assert_eq!(scene.events("report.failed").await, 1);
    let status = scene.report(second).await;
    assert_eq!(status.get::<_, &str>("status"), "running");
}

/// Workers that ask at the same moment are counted one after the other: never more than may.
#[tokio::test]
async fn claims_at_the_same_moment_are_counted_one_by_one() {
    const WORKERS: usize = 6;
    let scene = Scene::new().await;
    let mut ids = Vec::new();
    for _ in 0..WORKERS {
        ids.push(scene.order("project_summary", &json!({})).await);
    }
    let claims = ids.iter().map(async |id| {
        let db = scene.database.database("report-worker");
        let work = (
            report_worker::store::lane(),
            report_worker::store::claim(*id, 90),
        );
        db.write(scene.tenant, work).await.unwrap().1.unwrap()
    });
    let asked = futures_util::future::join_all(claims).await;
    let claimed = asked
        .iter()
        .filter(|asked| matches!(asked, report_worker::store::Asked::Claimed(_)));
    assert_eq!(claimed.count(), 2);
}
