//! What happens while a report is rendered: its claim and its message are kept, its rows are counted,
//! and it stops when it is called off.

use std::time::Duration;

use report_worker::state::Worker;
use serde_json::{Value, json};
use shared::ids::ReportId;
use shared::storage::Storage;
use tokio::time::{sleep, timeout};

use crate::{GOOD, Scene, WAIT};

/// So many rows take the worker of a development build several seconds, and an optimised one a few.
const ROWS: u32 = 40_000;
/// How often to look.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LEASE_SECS: i32 = 3;

/// A scene whose leases are short, so that they are renewed often.
async fn scene() -> Scene {
    let scene = Scene::new().await;
    scene.add_projects(ROWS).await;
    Scene {
        worker: Worker {
            lease_secs: LEASE_SECS,
            ..scene.worker.clone()
        },
        ..scene
    }
}

impl Scene {
    /// The message as the queue gives it, hidden for no longer than a lease.
    async fn received(&self, id: ReportId) -> Value {
        let sqs = aws_sdk_sqs::Client::new(&shared::aws::load());
        let send = sqs.send_message().queue_url(self.queue.url());
        send.message_body(self.message(id)).send().await.unwrap();
        let receive = sqs.receive_message().queue_url(self.queue.url());
        let answer = receive.visibility_timeout(LEASE_SECS).send().await.unwrap();
        let message = &answer.messages()[0];
        let mut event: Value = serde_json::from_str(GOOD).unwrap();
        event["Records"][0]["body"] = message.body().unwrap().into();
        event["Records"][0]["receiptHandle"] = message.receipt_handle().unwrap().into();
        event
    }

    /// Waits until the claim on a report has been renewed beyond its first lease.
    async fn renewed(&self, id: ReportId) {
        let look = async {
            loop {
                let report = self.report(id).await;
                let status: &str = report.get("status");
                assert!(
                    matches!(status, "queued" | "running"),
                    "{status} before a beat"
                );
                if report.get::<_, Option<bool>>("renewed") == Some(true) {
                    return;
                }
                sleep(LOOK_EVERY).await;
            }
        };
        timeout(WAIT, look).await.unwrap();
    }
}

#[tokio::test]
async fn a_long_rendering_keeps_its_claim_and_its_message_and_says_how_far_it_is() {
    let scene = scene().await;
    let id = scene.order("project_summary", &json!({})).await;
    let event = scene.received(id).await;
    let duplicate = Worker {
        db: scene.database.database("report-worker"),
        ..scene.worker.clone()
    };
    let (failed, progress) = tokio::join!(scene.run(&event), async {
        scene.renewed(id).await;
        // Past its first time-out the message is still hidden, and another worker is turned away.
        assert!(scene.queue.take().await.is_empty(), "the message came back");
        let again = crate::event(&[scene.message(id)], 2);
        assert_eq!(crate::run(&duplicate, &again).await, ["message-0"]);
        let report = scene.report(id).await;
        let rows = |name| report.get::<_, Option<i32>>(name);
        (rows("rows_done"), rows("rows_total"))
    });
    assert!(failed.is_empty());
    let report = scene.report(id).await;
    assert_eq!(report.get::<_, &str>("status"), "succeeded");
    assert_eq!(report.get::<_, i32>("attempts"), 1);
    let (done, total) = progress;
    assert!(
        done <= total && total.is_none_or(|total| total <= 40_000),
        "{progress:?}"
    );
    assert_eq!(scene.events("report.succeeded").await, 1);
}

/// The bucket does not exist: a worker that went on to store its document would fail and ask for
/// another delivery. It stops instead.
#[tokio::test]
async fn a_report_called_off_while_it_runs_is_stopped() {
    let scene = scene().await;
    let nowhere = Worker {
        storage: Storage::new(String::new()),
        ..scene.worker.clone()
    };
    let id = scene.order("project_summary", &json!({})).await;
    let message = crate::event(&[scene.message(id)], 1);
    let (failed, ()) = tokio::join!(crate::run(&nowhere, &message), async {
        scene.renewed(id).await;
        let cancel = format!(
            "UPDATE reports.reports SET status = 'cancelled', finished_at = now(), lease_until = NULL
             WHERE id = '{id}'"
        );
        scene.within(&cancel).await;
    });
    assert!(failed.is_empty(), "there is nothing to try again");
    assert_eq!(scene.report(id).await.get::<_, &str>("status"), "cancelled");
    assert_eq!(scene.events("report.succeeded").await, 0);
    assert_eq!(scene.events("report.failed").await, 0);

    // The control: one that nobody calls off gets as far as the bucket that is not there.
    let id = scene.order("project_summary", &json!({})).await;
    let message = crate::event(&[scene.message(id)], 1);
    assert_eq!(crate::run(&nowhere, &message).await, ["message-0"]);
}

/// What an overtaken worker wrote is its own, and it takes it away again.
#[tokio::test]
async fn an_overtaken_workers_document_does_not_stay() {
    let scene = Scene::new().await;
    scene.add_projects(3).await;
    let id = scene.order("project_summary", &json!({})).await;
    // As if somebody else had claimed it just before.
    let overtaken = format!(
        "CREATE FUNCTION public.overtaken() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN RETURN NULL; END';
         CREATE TRIGGER overtaken BEFORE UPDATE ON reports.reports FOR EACH ROW
           WHEN (OLD.id = '{id}' AND NEW.status = 'succeeded') EXECUTE FUNCTION public.overtaken()"
    );
    scene.owner.batch_execute(&overtaken).await.unwrap();
    assert!(scene.deliver(&[scene.message(id)], 1).await.is_empty());
    assert_eq!(scene.report(id).await.get::<_, &str>("status"), "running");
    assert!(scene.bucket.keys().await.is_empty());

    // The control: a worker that nobody overtakes leaves its document.
    let id = scene.order("project_summary", &json!({})).await;
    assert!(scene.deliver(&[scene.message(id)], 1).await.is_empty());
    assert_eq!(scene.bucket.keys().await.len(), 1);
}
