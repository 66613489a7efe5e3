//! A message comes twice, late, or to two workers: one document counts, one event tells of it.

use serde_json::json;
use tokio::time::timeout;

use crate::{Scene, WAIT};

#[tokio::test]
async fn a_request_delivered_twice_is_done_once() {
    let scene = Scene::new().await;
    scene.add_projects(3).await;
    let id = scene.order("project_summary", &json!({})).await;
    let message = scene.message(id);
    assert!(
        scene
            .deliver(&[message.clone(), message.clone()], 1)
            .await
            .is_empty()
    );
    assert!(scene.deliver(&[message], 2).await.is_empty());
    assert_eq!(scene.bucket.keys().await.len(), 1);
    assert_eq!(scene.events("report.succeeded").await, 1);
    assert_eq!(scene.report(id).await.get::<_, i32>("attempts"), 1);
}

/// The worker that held it died. While its lease runs, the message must come again rather than be
/// acknowledged; afterwards another worker takes over, under a higher fence.
#[tokio::test]
async fn a_dead_workers_report_is_taken_over_when_its_lease_ends() {
    let scene = Scene::new().await;
    let id = scene.order("project_summary", &json!({})).await;
    let hold = |until: &str| {
        format!(
            "UPDATE reports.reports SET status = 'running', fence = 1, attempts = 1,
             lease_until = now() + interval '{until}' WHERE id = '{id}'"
        )
    };
    scene.within(&hold("1 hour")).await;
    assert_eq!(scene.deliver(&[scene.message(id)], 2).await, ["message-0"]);
    assert!(scene.bucket.keys().await.is_empty());

    scene.within(&hold("-1 second")).await;
    assert!(scene.deliver(&[scene.message(id)], 3).await.is_empty());
    let report = scene.report(id).await;
    assert_eq!(report.get::<_, &str>("status"), "succeeded");
    assert_eq!(report.get::<_, i64>("fence"), 2);
}

/// A worker that stalled past its lease and was overtaken writes an object of its own and changes
/// nothing else.
#[tokio::test]
async fn an_overtaken_worker_changes_nothing() {
    let scene = Scene::new().await;
    scene.add_projects(3).await;
    let id = scene.order("project_summary", &json!({})).await;
    let overtaker = scene.database.owner().await;
    let tenant = scene.tenant.id();
    let (slow, ()) = timeout(WAIT, async {
        tokio::join!(scene.deliver_slowly(id), async {
            scene.wait_for_status(id, "running").await;
            let overtake = format!(
                "BEGIN; SELECT app.enter('{tenant}');
                 UPDATE reports.reports SET fence = fence + 1 WHERE id = '{id}'; COMMIT"
            );
            overtaker.batch_execute(&overtake).await.unwrap();
        })
    })
    .await
    .unwrap();
    assert!(slow.is_empty());
    let report = scene.report(id).await;
    assert_eq!(report.get::<_, &str>("status"), "running");
    assert_eq!(scene.events("report.succeeded").await, 0);
}

impl Scene {
    /// Delivers a request for a report so large that others get a word in.
    async fn deliver_slowly(&self, id: shared::ids::ReportId) -> Vec<String> {
        self.add_projects(2_000).await;
        self.deliver(&[self.message(id)], 1).await
    }

    async fn wait_for_status(&self, id: shared::ids::ReportId, status: &str) {
        let watch = self.database.owner().await;
        let tenant = self.tenant.id();
        loop {
            let enter = format!("BEGIN; SELECT app.enter('{tenant}')");
            watch.batch_execute(&enter).await.unwrap();
            let find = "SELECT status FROM reports.reports WHERE id = $1";
            let row = watch.query_one(find, &[&id]).await.unwrap();
            watch.batch_execute("COMMIT").await.unwrap();
            if row.get::<_, &str>(0) == status {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}
