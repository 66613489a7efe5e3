//! Messages as SQS hands them over, and what the meter made of them.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use billing::meter;
use serde::Serialize;
use serde_json::{Value, json};
use shared::deadline::Deadline;
use shared::ids::ProjectId;
use shared::jobs::{Envelope, Event, ProjectCreated};
use time::OffsetDateTime;

use crate::Scene;

/// The body of an event of the scene's own tenant.
pub(crate) fn body<E: Event>(scene: &Scene, occurred_at: OffsetDateTime, event: E) -> String {
    text(&Envelope::new(scene.owner.tenant, occurred_at, event))
}

/// The body of an event that says a project was made.
pub(crate) fn created(scene: &Scene, occurred_at: OffsetDateTime) -> String {
    let project_id = ProjectId::new();
    body(scene, occurred_at, ProjectCreated { project_id })
}

pub(crate) fn text(envelope: &impl Serialize) -> String {
    serde_json::to_string(envelope).unwrap()
}

/// A batch whose messages are named `0`, `1`, … in order.
pub(crate) fn batch(bodies: &[String]) -> SqsEvent {
    let record = |(place, body): (usize, &String)| -> Value {
        json!({
            "messageId": place.to_string(),
            "receiptHandle": "handle",
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1771070400000",
                "SenderId": "AROA",
                "ApproximateFirstReceiveTimestamp": "1771070400100",
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:usage",
            "awsRegion": "us-east-1",
        })
    };
    let records: Vec<_> = bodies.iter().enumerate().map(record).collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

/// Delivers messages to the meter, and answers with the names of those that have to come again.
pub(crate) async fn deliver(scene: &Scene, bodies: &[String]) -> Vec<String> {
    let answer = meter::handle(&scene.app.db, batch(bodies), &Deadline::never()).await;
    failed(answer)
}

pub(crate) fn failed(answer: SqsBatchResponse) -> Vec<String> {
    let failures = answer.batch_item_failures.into_iter();
    failures.map(|failure| failure.item_identifier).collect()
}
