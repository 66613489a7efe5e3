//! Ordering a report, following it, and getting its document.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Builder;
use aws_sdk_sqs::types::MessageSystemAttributeName;
use reports::state::Reports;
use serde_json::json;
use shared::pipeline;
use shared::queue::Queue;
use testkit::Call;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::{Scene, envelope, id, order};

#[tokio::test]
async fn an_order_is_accepted_and_reaches_the_queue_at_once() {
    let scene = Scene::new().await;
    let ordered = scene.order("k").await.expect(202);
    let id = id(&ordered);
    assert_eq!(ordered.header("location"), format!("/v2/reports/{id}"));
    assert_eq!(ordered.header("retry-after"), "2");
    assert_eq!(ordered.json()["status"], "queued");

    let messages = scene.queue.take().await;
    assert_eq!(messages.len(), 1);
    let message = envelope(&messages[0]);
    let tenant = scene.owner.tenant.id().to_string();
    assert_eq!(message["v"], 1);
    assert_eq!(message["type"], "report.requested");
    assert_eq!(message["tenant_id"], *tenant);
    assert_eq!(message["data"], json!({ "report_id": id }));
    // A fair queue needs to know whose message it is.
    let group = &messages[0].attributes().unwrap()[&MessageSystemAttributeName::MessageGroupId];
    assert_eq!(*group, tenant);
}

#[tokio::test]
async fn an_order_given_twice_is_one_report_and_one_message() {
    let scene = Scene::new().await;
    let first = scene.order("k").await.expect(202);
    let second = scene.order("k").await.expect(202);
    assert_eq!(first.body, second.body);
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(second.header("location"), first.header("location"));
    assert_eq!(scene.queue.take().await.len(), 1);
    let list = scene.send(Call::get("/v2/reports")).await.expect(200);
    assert_eq!(list.json()["meta"]["total"], 1);
}

/// Nothing that was committed is lost: without a queue the order stands, and the event waits in
/// the outbox for the relay.
#[tokio::test]
async fn an_order_without_a_queue_is_left_to_the_relay() {
    let scene = Scene::new().await;
    let state = Reports {
        app: scene.database.app("reports"),
        queue: Queue::new(format!("{}-that-is-not-there", scene.queue.url())),
        storage: scene.bucket.storage(),
    };
    let service = pipeline::service(reports::routes::table(), state);
    let ordered = order("k").by(&scene.owner).send(&service).await.expect(202);
    assert!(scene.queue.take().await.is_empty());
    let owner = scene.database.owner().await;
    let waiting =
        "SELECT dedup FROM reports.outbox WHERE type = 'report.requested' AND sent_at IS NULL";
    let row = owner.query_one(waiting, &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), id(&ordered));
}

/// A queue that takes the connection and then says nothing must not hold up the answer.
#[tokio::test]
async fn an_order_does_not_wait_for_a_queue_that_does_not_answer() {
    const WAIT: Duration = Duration::from_secs(10);
    let scene = Scene::new().await;
    let hole = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = Builder::from(&shared::aws::load())
        .endpoint_url(format!("http://{}", hole.local_addr().unwrap()))
        .build();
    let silent = Client::from_conf(config);
    let state = Reports {
        app: scene.database.app("reports"),
        queue: Queue::with_client(scene.queue.url().to_owned(), silent),
        storage: scene.bucket.storage(),
    };
    let service = pipeline::service(reports::routes::table(), state);
    let ordering = order("k").by(&scene.owner);
    let ordered = timeout(WAIT, ordering.send(&service)).await.unwrap();
    ordered.expect(202);
}

#[tokio::test]
async fn a_finished_report_can_be_fetched_and_an_unfinished_one_cannot() {
    let scene = Scene::new().await;
    let id = id(&scene.order("k").await.expect(202));
    let download = |version: &str| Call::get(&format!("/{version}/reports/{id}/download"));

    let early = scene.send(download("v2")).await.expect(409);
    assert_eq!(early.json()["code"], "report_not_ready");
    assert_eq!(early.header("retry-after"), "2");

    scene.finish(&scene.owner, &id).await;
    let report = scene
        .send(Call::get(&format!("/v2/reports/{id}")))
        .await
        .expect(200);
    assert_eq!(report.json()["status"], "succeeded");
    assert_eq!(report.json()["pages"], 2);

    let found = scene.send(download("v2")).await.expect(303);
    let link = found.header("location");
    let object = format!("/tenants/{}/reports/{id}/3.pdf", scene.owner.tenant.id());
    assert!(link.contains(&object), "{link}");
    assert!(link.contains("X-Amz-Signature="), "{link}");
    assert!(link.contains("X-Amz-Expires=900"), "{link}");
    assert_eq!(found.header("cache-control"), "no-store");

    let v1 = scene.send(download("v1")).await.expect(200);
    assert!(v1.json()["url"].as_str().unwrap().contains(&object));
}

#[tokio::test]
async fn every_statement_prepares_as_its_role() {
    let scene = Scene::new().await;
    let statements = [
        reports::store::STATEMENTS,
        reports::store::schedules::STATEMENTS,
        reports::store::settings::STATEMENTS,
        shared::idempotency::STATEMENTS,
        shared::outbox::STATEMENTS,
    ]
    .concat();
    scene.database.prepare_all("reports", &statements).await;
}
