//! The journal of the queues is written anew while they are in use, and nothing is lost by it.

use std::{fs, path::Path};

use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;

use super::{
    Cloud,
    restart::empty,
    sqs::{receive, send},
};

/// A journal of more lines than this, most of them about what is no more, is written anew.
const LINES: usize = 10_000;
/// Entries of one batch.
const BATCH: usize = 10;
const POLICY: &str =
    r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":"1"}"#;

fn lines(dir: &Path) -> usize {
    let text = fs::read_to_string(dir.join("sqs.journal")).unwrap();
    text.lines().count()
}

/// Says so often of one message how long it is hidden that the journal has `wanted` lines.
async fn fill(cloud: &Cloud, dir: &Path, wanted: usize) {
    let url = cloud.queue("held", &[("VisibilityTimeout", "600")]).await;
    send(&cloud.sqs, &url, "held").await;
    let held = receive(cloud.sqs.receive_message().queue_url(&url)).await;
    let receipt = held.first().unwrap().receipt_handle().unwrap();
    let entry = |id: usize| {
        let entry = ChangeMessageVisibilityBatchRequestEntry::builder();
        let entry = entry.id(id.to_string()).receipt_handle(receipt);
        entry.visibility_timeout(600).build().unwrap()
    };
    let mut missing = wanted - lines(dir);
    while missing > 0 {
        let entries = (0..missing.min(BATCH)).map(entry).collect();
        let request = cloud.sqs.change_message_visibility_batch();
        let request = request.queue_url(&url).set_entries(Some(entries));
        let answer = request.send().await.unwrap();
        missing -= answer.successful().len();
    }
    assert_eq!(lines(dir), wanted);
}

/// The texts of the messages in a queue after a restart.
async fn bodies_after_restart(cloud: Cloud, dir: &Path, queue: &str) -> Vec<String> {
    cloud.services.stop().await;
    let cloud = Cloud::start(dir, true).await;
    let url = cloud.queue(queue, &[]).await;
    let ask = cloud.sqs.receive_message().queue_url(&url);
    let received = receive(ask.max_number_of_messages(10)).await;
    cloud.services.stop().await;
    let bodies = received
        .iter()
        .map(|message| message.body().unwrap().to_owned());
    let mut bodies: Vec<_> = bodies.collect();
    bodies.sort();
    bodies
}

#[tokio::test]
async fn a_message_sent_when_the_journal_is_written_anew_is_in_it() {
    let dir = empty("compaction-send");
    let cloud = Cloud::start(&dir, true).await;
    let url = cloud.queue("jobs", &[]).await;
    fill(&cloud, &dir, LINES - 1).await;
    let bodies = ["a", "b", "c", "d"];
    for body in bodies {
        send(&cloud.sqs, &url, body).await;
    }
    assert!(lines(&dir) < BATCH, "not written anew: {}", lines(&dir));
    assert_eq!(bodies_after_restart(cloud, &dir, "jobs").await, bodies);
}

#[tokio::test]
async fn messages_buried_when_the_journal_is_written_anew_are_in_it() {
    // Burying is two lines for each message, so that once each of them is the one in question.
    for before in [1, 2] {
        let dir = empty("compaction-bury");
        let cloud = Cloud::start(&dir, true).await;
        cloud.queue("dead", &[]).await;
        let settings = [("RedrivePolicy", POLICY), ("VisibilityTimeout", "0")];
        let url = cloud.queue("jobs", &settings).await;
        let bodies = ["a", "b", "c"];
        for body in bodies {
            send(&cloud.sqs, &url, body).await;
        }
        let ask = || {
            let ask = cloud.sqs.receive_message().queue_url(&url);
            ask.max_number_of_messages(10)
        };
        assert_eq!(receive(ask()).await.len(), bodies.len());
        fill(&cloud, &dir, LINES - before).await;
        assert!(receive(ask()).await.is_empty());
        assert!(lines(&dir) < 2 * BATCH, "not written anew: {}", lines(&dir));
        assert_eq!(bodies_after_restart(cloud, &dir, "dead").await, bodies);
    }
}
