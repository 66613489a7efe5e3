//! What survives a restart of the services, and what must not.

use std::{fs, path::Path};

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use local::aws::{Services, ServicesOptions};

use super::{
    Cloud, dynamodb, folder,
    sqs::{receive, receive_count, send},
};

/// Batches of ten messages, enough for the journal to be worth writing anew once they are gone.
const BATCHES: usize = 1_000;

/// A durable folder that is empty at the test's start.
pub(crate) fn empty(test: &str) -> std::path::PathBuf {
    let dir = folder(test);
    if dir.exists() {
        fs::remove_dir_all(&dir).unwrap();
    }
    dir
}

#[tokio::test]
async fn tables_objects_and_messages_survive_a_restart() {
    let dir = empty("restart");
    let cloud = Cloud::start(&dir, true).await;
    dynamodb::create_table(&cloud.dynamodb).await;
    assert_eq!(dynamodb::count(&cloud.dynamodb, 9).await, Ok(1));
    cloud
        .s3
        .create_bucket()
        .bucket("reports")
        .send()
        .await
        .unwrap();
    let request = cloud.s3.put_object().bucket("reports").key("a/b.pdf");
    let request = request.body(ByteStream::from_static(b"%PDF"));
    request.send().await.unwrap();
    let old_url = cloud.queue("jobs", &[("VisibilityTimeout", "600")]).await;
    for body in ["held", "waiting", "done"] {
        send(&cloud.sqs, &old_url, body).await;
    }
    let ask = cloud.sqs.receive_message().queue_url(&old_url);
    let held = receive(ask).await;
    assert_eq!(held[0].body(), Some("held"));
    cloud.services.stop().await;

    let cloud = Cloud::start(&dir, true).await;
    assert_eq!(dynamodb::count(&cloud.dynamodb, 9).await, Ok(2));
    let request = cloud.s3.get_object().bucket("reports").key("a/b.pdf");
    let body = request.send().await.unwrap().body.collect().await.unwrap();
    assert_eq!(body.to_vec(), b"%PDF");
    let url = cloud.sqs.get_queue_url().queue_name("jobs").send().await;
    let url = url.unwrap().queue_url.unwrap();
    assert!(url.starts_with(&cloud.services.sqs_url()), "{url}");
    let ask = || cloud.sqs.receive_message().queue_url(&url);
    let waiting = receive(ask()).await;
    assert_eq!(waiting[0].body(), Some("waiting"));
    // What was in flight before is in flight after, under the receipt it had.
    let request = cloud.sqs.change_message_visibility().queue_url(&url);
    let request = request.receipt_handle(held[0].receipt_handle().unwrap());
    request.visibility_timeout(0).send().await.unwrap();
    let rest = receive(ask().max_number_of_messages(10)).await;
    let held: Vec<_> = rest
        .iter()
        .filter(|one| one.body() == Some("held"))
        .collect();
    assert_eq!(receive_count(held[0]), "2");
    cloud.services.stop().await;
}

#[tokio::test]
async fn deleted_messages_and_queues_stay_deleted() {
    let dir = empty("restart-deleted");
    let cloud = Cloud::start(&dir, true).await;
    let url = cloud.queue("jobs", &[]).await;
    let gone = cloud.queue("gone", &[]).await;
    send(&cloud.sqs, &url, "job").await;
    let received = receive(cloud.sqs.receive_message().queue_url(&url)).await;
    let request = cloud.sqs.delete_message().queue_url(&url);
    let request = request.receipt_handle(received[0].receipt_handle().unwrap());
    request.send().await.unwrap();
    cloud
        .sqs
        .delete_queue()
        .queue_url(gone)
        .send()
        .await
        .unwrap();
    cloud.services.stop().await;

    let cloud = Cloud::start(&dir, true).await;
    let queues = cloud.sqs.list_queues().send().await.unwrap();
    assert_eq!(queues.queue_urls().len(), 1);
    let url = &queues.queue_urls()[0];
    let ask = cloud.sqs.receive_message().queue_url(url);
    assert!(receive(ask.visibility_timeout(0)).await.is_empty());
    cloud.services.stop().await;
}

#[tokio::test]
async fn a_journal_of_what_is_no_more_is_written_anew() {
    let dir = empty("restart-bloated");
    let cloud = Cloud::start(&dir, true).await;
    let url = cloud.queue("jobs", &[]).await;
    let entry = |id: usize| {
        let entry = SendMessageBatchRequestEntry::builder();
        let entry = entry.id(id.to_string()).message_body("job");
        entry.build().unwrap()
    };
    for _ in 0..BATCHES {
        let request = cloud.sqs.send_message_batch().queue_url(&url);
        let entries = (0..10).map(entry).collect();
        request.set_entries(Some(entries)).send().await.unwrap();
    }
    let lines = || {
        fs::read_to_string(dir.join("sqs.journal"))
            .unwrap()
            .lines()
            .count()
    };
    assert_eq!(lines(), 1 + 10 * BATCHES);
    cloud
        .sqs
        .purge_queue()
        .queue_url(&url)
        .send()
        .await
        .unwrap();
    send(&cloud.sqs, &url, "last").await;
    assert!(lines() < BATCHES, "{}", lines());
    cloud.services.stop().await;

    let cloud = Cloud::start(&dir, true).await;
    let ask = cloud.sqs.receive_message().queue_url(&url);
    let received = receive(ask.max_number_of_messages(10)).await;
    assert_eq!(received[0].body(), Some("last"));
    assert_eq!(received.len(), 1);
    cloud.services.stop().await;
}

async fn start_error(dir: &Path) -> String {
    let options = ServicesOptions {
        dir: dir.to_path_buf(),
        durable: true,
    };
    Services::start(options).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_torn_last_line_of_the_journal_is_left_out_and_a_broken_one_is_refused() {
    let dir = empty("restart-torn");
    let cloud = Cloud::start(&dir, true).await;
    let url = cloud.queue("jobs", &[]).await;
    send(&cloud.sqs, &url, "job").await;
    cloud.services.stop().await;

    let journal = dir.join("sqs.journal");
    let whole = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, format!("{whole}{{\"Message\":{{\"queue\":\"jo")).unwrap();
    let cloud = Cloud::start(&dir, true).await;
    let received = receive(cloud.sqs.receive_message().queue_url(&url)).await;
    assert_eq!(received[0].body(), Some("job"));
    cloud.services.stop().await;

    fs::write(&journal, format!("torn{whole}")).unwrap();
    let error = start_error(&dir).await;
    assert!(error.contains("SQS cannot use its data"), "{error}");
}

#[tokio::test]
async fn services_that_are_not_durable_begin_empty() {
    let dir = empty("restart-empty");
    for _ in 0..2 {
        let cloud = Cloud::start(&dir, false).await;
        let queues = cloud.sqs.list_queues().send().await.unwrap();
        assert!(queues.queue_urls().is_empty());
        cloud.queue("jobs", &[]).await;
        let buckets = cloud.s3.list_buckets().send().await.unwrap();
        assert!(buckets.buckets().is_empty());
        cloud
            .s3
            .create_bucket()
            .bucket("reports")
            .send()
            .await
            .unwrap();
        cloud.services.stop().await;
    }
}
