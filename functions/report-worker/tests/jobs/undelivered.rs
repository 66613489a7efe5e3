//! Requests that were delivered too often: the report fails, the tenant hears of it, and an operator
//! can have it done again.

use aws_lambda_events::sqs::SqsEvent;
use report_worker::undelivered::{Answer, CommandError, Invocation, perform};
use serde_json::{Value, json};
use shared::deadline::Deadline;
use shared::ids::ReportId;
use uuid::Uuid;

use crate::{Scene, event, failures};

const BATCH: &str = include_str!("../../../../events/report-undelivered-batch.json");
const REDRIVE: &str = include_str!("../../../../events/report-undelivered-redrive.json");

impl Scene {
    /// The request that is in the outbox, as its message.
    async fn request(&self, id: ReportId) -> String {
        let find = "SELECT id FROM reports.outbox WHERE type = 'report.requested' AND dedup = $1";
        let row = self.owner.query_one(find, &[&id.to_string()]).await;
        let mut message: Value = serde_json::from_str(&self.message(id)).unwrap();
        message["id"] = row.unwrap().get::<_, Uuid>(0).to_string().into();
        message.to_string()
    }

    async fn invoke(&self, event: &Value) -> Result<Answer, CommandError> {
        let invocation: Invocation = serde_json::from_value(event.clone()).unwrap();
        perform(&self.worker, invocation, &Deadline::never()).await
    }

    /// Delivers messages of the dead-letter queue; answers those that stay there.
    async fn bury(&self, bodies: &[String]) -> Vec<String> {
        match self.invoke(&event(bodies, 1)).await.unwrap() {
            Answer::Batch(answer) => failures(&answer),
            Answer::Redriven { .. } => panic!("it was no command"),
        }
    }

    async fn redrive(&self, command: &Value) -> i32 {
        match self.invoke(command).await.unwrap() {
            Answer::Redriven { queued } => queued,
            Answer::Batch(_) => panic!("it was no batch"),
        }
    }
}

#[tokio::test]
async fn an_exhausted_request_fails_its_report_and_an_operator_brings_it_back() {
    let scene = Scene::new().await;
    let id = scene.order("project_summary", &json!({})).await;
    let request = scene.request(id).await;
    assert!(scene.bury(std::slice::from_ref(&request)).await.is_empty());
    let report = scene.report(id).await;
    assert_eq!(report.get::<_, &str>("status"), "failed");
    let problem: Value = report.get("problem");
    assert_eq!(problem["code"], "delivery_exhausted");
    assert_eq!(scene.events("report.failed").await, 1);
    // Again, it has nothing to do.
    assert!(scene.bury(std::slice::from_ref(&request)).await.is_empty());
    assert_eq!(scene.events("report.failed").await, 1);

    let mut redrive: Value = serde_json::from_str(REDRIVE).unwrap();
    assert_eq!(scene.redrive(&redrive).await, 0, "that is another tenant");
    redrive["tenant_id"] = scene.tenant.id().to_string().into();
    assert_eq!(scene.redrive(&redrive).await, 1);
    assert_eq!(scene.redrive(&redrive).await, 0);
    assert_eq!(scene.report(id).await.get::<_, &str>("status"), "queued");
    let unsent = "SELECT count(*) FROM reports.outbox
         WHERE type = 'report.requested' AND sent_at IS NULL AND dedup = $1";
    let again = format!("{id}:1");
    let unsent = scene.owner.query_one(unsent, &[&again]).await.unwrap();
    assert_eq!(unsent.get::<_, i64>(0), 1, "the relay sends it anew");
    // The old message is found once more: the report no longer waits for it.
    assert!(scene.bury(&[request]).await.is_empty());
    assert_eq!(scene.report(id).await.get::<_, &str>("status"), "queued");
    assert!(scene.deliver(&[scene.message(id)], 1).await.is_empty());
    assert_eq!(scene.report(id).await.get::<_, &str>("status"), "succeeded");
}

#[tokio::test]
async fn a_report_that_failed_by_itself_is_not_brought_back() {
    let scene = Scene::new().await;
    let id = scene.order("weather", &json!({})).await;
    scene.deliver(&[scene.message(id)], 1).await;
    assert_eq!(scene.redrive(&json!({ "command": "redrive" })).await, 0);
    assert_eq!(scene.report(id).await.get::<_, &str>("status"), "failed");
}

/// What cannot be read, what a worker is still at, and what concerns a tenant that may not come in.
#[tokio::test]
async fn what_cannot_be_settled_stays_on_the_queue() {
    let scene = Scene::new().await;
    assert_eq!(scene.bury(&["no envelope".to_owned()]).await, ["message-0"]);

    let id = scene.order("project_summary", &json!({})).await;
    let request = scene.request(id).await;
    let hold = format!(
        "UPDATE reports.reports SET status = 'running', lease_until = now() + interval '1 hour'
         WHERE id = '{id}'"
    );
    scene.within(&hold).await;
    assert_eq!(
        scene.bury(std::slice::from_ref(&request)).await,
        ["message-0"]
    );
    let set = |status: &str| format!("UPDATE app.tenants SET status = '{status}'");
    scene.owner.batch_execute(&set("suspended")).await.unwrap();
    assert_eq!(
        scene.bury(std::slice::from_ref(&request)).await,
        ["message-0"]
    );
    scene.owner.batch_execute(&set("active")).await.unwrap();
    // The control: it was the worker's claim that kept it.
    let lapsed = format!(
        "UPDATE reports.reports SET lease_until = now() - interval '1 second' WHERE id = '{id}'"
    );
    scene.within(&lapsed).await;
    assert!(scene.bury(&[request]).await.is_empty());
    assert_eq!(scene.report(id).await.get::<_, &str>("status"), "failed");
}

/// A tenant that nobody founded, and a report that is no more: there is nobody to tell.
#[tokio::test]
async fn what_is_gone_is_acknowledged() {
    let scene = Scene::new().await;
    let batch: Value = serde_json::from_str(BATCH).unwrap();
    let Answer::Batch(answer) = scene.invoke(&batch).await.unwrap() else {
        panic!("it is a batch");
    };
    assert_eq!(failures(&answer), [""; 0]);
    assert!(
        scene
            .bury(&[scene.message(ReportId::new())])
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn a_command_that_makes_no_sense_is_refused() {
    let scene = Scene::new().await;
    for rows in [0, -1, 1_001] {
        let command = json!({ "command": "redrive", "max_rows": rows });
        assert!(scene.invoke(&command).await.is_err(), "{rows}");
    }
    for command in [
        json!({}),
        json!({ "command": "destroy" }),
        json!({ "command": "redrive", "tenant_id": 7 }),
        json!({ "command": "redrive", "everything": true }),
    ] {
        assert!(
            serde_json::from_value::<Invocation>(command.clone()).is_err(),
            "{command}"
        );
    }
    let _: SqsEvent = serde_json::from_str(BATCH).unwrap();
}
