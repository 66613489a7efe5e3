//! A message that nobody can read.

use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use serde_json::json;
use uuid::Uuid;

use crate::{
    database::Database,
    tenant::Tenant,
    world::{SELDOM, World, run, until},
};

const POISON: &str = "this is no envelope";
/// A message comes back after so many seconds, and five times.
const PARAMETERS: [(&str, &str); 2] = [
    ("ReportVisibilitySeconds", "4"),
    ("ReportLeaseSeconds", "3"),
];

/// A report that was asked for, and the message that says so, which has not been sent.
async fn ordered(database: &Database, tenant: &Tenant) -> (String, String) {
    let (tenant_id, id): (Uuid, _) = (tenant.id.parse().unwrap(), Uuid::now_v7());
    let statement = "INSERT INTO reports.reports (tenant_id, id, type)
         VALUES ($1, $2, 'project_summary')";
    database
        .client
        .execute(statement, &[&tenant_id, &id])
        .await
        .unwrap();
    let message = json!({
        "v": 1,
        "id": Uuid::now_v7(),
        "tenant_id": tenant_id,
        "type": "report.requested",
        "occurred_at": "2026-01-01T00:00:00Z",
        "data": { "report_id": id },
    });
    (id.to_string(), message.to_string())
}

#[test]
fn a_poison_message_is_put_aside_and_its_neighbours_are_done() {
    run(async {
        let world = World::start("poison", &PARAMETERS).await;
        let database = Database::of(&world).await;
        let owner = Tenant::sign_up(&world).await;
        let (before, after) = (
            ordered(&database, &owner).await,
            ordered(&database, &owner).await,
        );
        let (sqs, template) = (&world.stack.clients().sqs, world.stack.template());
        let queue = template.queue("ReportQueue").unwrap();
        let bodies = [&*before.1, POISON, &*after.1];
        let entries = bodies.iter().enumerate().map(|(place, body)| {
            let entry = SendMessageBatchRequestEntry::builder().id(place.to_string());
            entry.message_body(*body).build().unwrap()
        });
        let send = sqs.send_message_batch().queue_url(&queue.url);
        send.set_entries(Some(entries.collect()))
            .send()
            .await
            .unwrap();

        for id in [before.0, after.0] {
            assert_eq!(owner.finished_report(&id).await["status"], "succeeded");
        }
        let dead = &template.queue("ReportDlq").unwrap().url;
        let count = async |state: QueueAttributeName| {
            let ask = sqs.get_queue_attributes().queue_url(dead);
            let ask = ask.attribute_names(QueueAttributeName::All);
            let attributes = ask.send().await.unwrap().attributes.unwrap();
            attributes[&state].parse::<u32>().unwrap()
        };
        // The function behind that queue has looked at it, cannot read it either, and leaves it there.
        until("the redrive", SELDOM, async || {
            count(QueueAttributeName::ApproximateNumberOfMessagesNotVisible).await == 1
        })
        .await;
        assert_eq!(
            count(QueueAttributeName::ApproximateNumberOfMessages).await,
            0
        );
        assert_eq!(queue.redrive.as_ref().unwrap().receives_max, 5);
        world.stack.stop().await.unwrap();
    });
}
