//! What can be done with a report after it was asked for.

use serde_json::{Value, json};
use shared::ids::ReportId;
use testkit::{Call, Reply};

use crate::{Scene, id};

impl Scene {
    pub(crate) async fn cancel(&self, id: &str) -> Reply {
        let path = format!("/v2/reports/{id}/cancel");
        self.send(Call::new("POST", &path)).await
    }

    pub(crate) async fn retry(&self, id: &str, key: &str) -> Reply {
        let path = format!("/v2/reports/{id}/retry");
        let call = Call::post(&path, &json!({})).header("idempotency-key", key);
        self.send(call).await
    }

    pub(crate) async fn delete(&self, id: &str) -> Reply {
        let path = format!("/v2/reports/{id}");
        self.send(Call::new("DELETE", &path)).await
    }

    pub(crate) async fn report(&self, id: &str) -> Value {
        let report = self.send(Call::get(&format!("/v2/reports/{id}"))).await;
        report.expect(200).json()
    }

    pub(crate) async fn ordered(&self) -> String {
        let key = ReportId::new().to_string();
        let id = id(&self.order(&key).await.expect(202));
        self.take_requests().await;
        id
    }

    /// Lets a worker have the report.
    async fn start(&self, id: &str) {
        let start = format!(
            "UPDATE reports.reports SET status = 'running', fence = 1, started_at = now(),
             lease_until = now() + interval '1 hour', rows_done = 7, rows_total = 50
             WHERE id = '{id}'"
        );
        self.within(&self.owner, &start).await;
    }
}

#[tokio::test]
async fn a_report_is_called_off_while_it_waits_and_while_it_runs() {
    let scene = Scene::new().await;
    for starts in [false, true] {
        let id = scene.ordered().await;
        if starts {
            scene.start(&id).await;
            let progress = &scene.report(&id).await["progress"];
            assert_eq!(*progress, json!({ "rows_done": 7, "rows_total": 50 }));
        }
        for _ in 0..2 {
            let cancelled = scene.cancel(&id).await.expect(200).json();
            assert_eq!(cancelled["status"], "cancelled");
            assert_eq!(cancelled["progress"], Value::Null);
            assert_eq!(
                scene.events("report.cancelled", &id).await,
                1,
                "once, however often"
            );
        }
    }
}

#[tokio::test]
async fn a_finished_report_cannot_be_called_off() {
    let scene = Scene::new().await;
    let id = scene.ordered().await;
    scene.finish(&scene.owner, &id).await;
    let refused = scene.cancel(&id).await.expect(409).json();
    assert_eq!(refused["code"], "report_finished");
    assert_eq!(scene.events("report.cancelled", &id).await, 0);
    assert_eq!(scene.report(&id).await["status"], "succeeded");
    scene.cancel(&ReportId::new().to_string()).await.expect(404);
}

/// A cancelled report makes room as any end does.
#[tokio::test]
async fn a_cancelled_report_wakes_the_oldest_parked_one() {
    let scene = Scene::new().await;
    let (running, parked, later) = (
        scene.ordered().await,
        scene.ordered().await,
        scene.ordered().await,
    );
    scene.start(&running).await;
    let park = format!(
        "UPDATE reports.reports SET parked_at = now() WHERE id IN ('{parked}', '{later}');
         UPDATE reports.outbox SET sent_at = now() WHERE dedup IN ('{parked}', '{later}')"
    );
    scene.within(&scene.owner, &park).await;
    scene.cancel(&running).await.expect(200);
    let tenant = scene.owner.tenant.id().to_string();
    assert_eq!(scene.take_requests().await, [(parked, tenant)]);
}

/// Where nothing that ran has ended there is no room, and nobody is woken. The control is above.
#[tokio::test]
async fn calling_off_one_that_does_not_run_wakes_nobody() {
    let scene = Scene::new().await;
    let (finished, waiting, parked) = (
        scene.ordered().await,
        scene.ordered().await,
        scene.ordered().await,
    );
    for _ in 0..2 {
        let running = scene.ordered().await;
        scene.start(&running).await;
    }
    scene.finish(&scene.owner, &finished).await;
    let park = format!("UPDATE reports.reports SET parked_at = now() WHERE id = '{parked}'");
    scene.within(&scene.owner, &park).await;
    scene.cancel(&finished).await.expect(409);
    scene.cancel(&waiting).await.expect(200);
    assert!(scene.take_requests().await.is_empty());
    let still = format!("SELECT parked_at IS NOT NULL FROM reports.reports WHERE id = '{parked}'");
    let owner = scene.database.owner().await;
    assert!(
        owner
            .query_one(&still, &[])
            .await
            .unwrap()
            .get::<_, bool>(0)
    );
}

#[tokio::test]
async fn a_report_that_ended_without_a_document_can_be_asked_for_again() {
    let scene = Scene::new().await;
    let id = scene.ordered().await;
    for (round, end) in ["failed", "cancelled", "expired"].iter().enumerate() {
        let sql = format!(
            "UPDATE reports.reports SET status = '{end}', finished_at = now() WHERE id = '{id}'"
        );
        scene.within(&scene.owner, &sql).await;
        let again = scene.retry(&id, end).await.expect(202);
        assert_eq!(again.header("location"), format!("/v2/reports/{id}"));
        let shown = again.json();
        assert_eq!(shown["status"], "queued");
        assert_eq!(shown["finished_at"], Value::Null);
        assert_eq!(shown["problem"], Value::Null);
        let tenant = scene.owner.tenant.id().to_string();
        assert_eq!(scene.take_requests().await, [(id.clone(), tenant)]);
        let requests = i64::try_from(round).unwrap() + 2;
        assert_eq!(scene.events("report.requested", &id).await, requests);
    }
    assert_eq!(scene.report(&id).await, scene.retry_is_refused(&id).await);
}

impl Scene {
    /// One that waits already is not asked for again, and stays as it is.
    async fn retry_is_refused(&self, id: &str) -> Value {
        let refused = self.retry(id, "too-early").await.expect(409).json();
        assert_eq!(refused["code"], "report_not_retryable");
        assert!(self.take_requests().await.is_empty());
        self.report(id).await
    }
}

/// The stored answer comes first, even when the report has gone on meanwhile; another key is another
/// attempt.
#[tokio::test]
async fn a_retry_given_twice_is_one_attempt() {
    let scene = Scene::new().await;
    let id = scene.ordered().await;
    scene.fail(&scene.owner, &id).await;
    let first = scene.retry(&id, "k").await.expect(202);
    let second = scene.retry(&id, "k").await.expect(202);
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(first.body, second.body);
    assert_eq!(scene.take_requests().await.len(), 1);
    scene.fail(&scene.owner, &id).await;
    let third = scene.retry(&id, "k").await.expect(202);
    assert_eq!(third.header("idempotent-replayed"), "true");
    assert_eq!(
        scene.report(&id).await["status"],
        "failed",
        "nothing was done"
    );
    scene.retry(&id, "l").await.expect(202);
    assert_eq!(scene.report(&id).await["status"], "queued");
    scene
        .send(Call::post(&format!("/v2/reports/{id}/retry"), &json!({})))
        .await
        .expect(400);
}

/// Version 1 has no word for it: as one whose document is not there.
#[tokio::test]
async fn an_expired_report_says_so_in_the_words_of_each_version() {
    let scene = Scene::new().await;
    let id = scene.ordered().await;
    scene.finish(&scene.owner, &id).await;
    let expire = format!("UPDATE reports.reports SET status = 'expired' WHERE id = '{id}'");
    scene.within(&scene.owner, &expire).await;
    let download = |version: &str| Call::get(&format!("/{version}/reports/{id}/download"));
    let refused = scene.send(download("v2")).await.expect(409).json();
    assert_eq!(refused["code"], "report_expired");
    scene.send(download("v1")).await.expect(409);
    let job = scene.send(Call::get(&format!("/v1/reports/{id}"))).await;
    let job = job.expect(200).json();
    assert_eq!(
        job,
        json!({ "job_id": id, "status": "failed", "error": "the report's document is no longer kept" })
    );
}
