//! SQS: messages that were received too often go to the dead-letter queue.

use std::time::Duration;

use aws_sdk_sqs::{
    error::ProvideErrorMetadata as _,
    types::{MessageSystemAttributeName as System, QueueAttributeName},
};

use tokio::time::timeout;

use super::{
    Cloud,
    sqs::{WAIT_SECS, receive, receive_count, send},
};

const POLICY: &str =
    r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":"2"}"#;

#[tokio::test]
async fn a_message_received_too_often_is_moved_and_its_neighbour_is_not() {
    let cloud = Cloud::new("redrive").await;
    let dead = cloud.queue("dead", &[]).await;
    let settings = [("RedrivePolicy", POLICY), ("VisibilityTimeout", "0")];
    let url = cloud.queue("jobs", &settings).await;
    let request = cloud
        .sqs
        .send_message()
        .queue_url(&url)
        .message_body("poison");
    let sent = request.message_group_id("tenant-a").send().await.unwrap();

    let ask = || cloud.sqs.receive_message().queue_url(&url);
    for count in ["1", "2"] {
        let received = receive(ask()).await;
        assert_eq!(receive_count(&received[0]), count);
    }
    send(&cloud.sqs, &url, "neighbour").await;
    let third = receive(ask().max_number_of_messages(10)).await;
    let bodies: Vec<_> = third
        .iter()
        .map(|message| message.body().unwrap())
        .collect();
    assert_eq!(bodies, ["neighbour"]);

    let buried = cloud.sqs.receive_message().queue_url(&dead);
    let buried = receive(buried.wait_time_seconds(WAIT_SECS)).await;
    assert_eq!(buried[0].body(), Some("poison"));
    assert_eq!(buried[0].message_id(), sent.message_id());
    let system = buried[0].attributes().unwrap();
    assert_eq!(system[&System::MessageGroupId], "tenant-a");
    assert_eq!(
        system[&System::DeadLetterQueueSourceArn],
        "arn:aws:sqs:us-east-1:000000000000:jobs"
    );
    cloud.services.stop().await;
}

#[tokio::test]
async fn a_receiver_waiting_at_the_dead_letter_queue_is_woken() {
    let cloud = Cloud::new("redrive-wake").await;
    let dead = cloud.queue("dead", &[]).await;
    let settings = [("RedrivePolicy", POLICY), ("VisibilityTimeout", "0")];
    let url = cloud.queue("jobs", &settings).await;
    send(&cloud.sqs, &url, "poison").await;
    let waiting = cloud.sqs.receive_message().queue_url(&dead);
    let waiting = tokio::spawn(receive(waiting.wait_time_seconds(WAIT_SECS)));
    for _ in 0..3 {
        receive(cloud.sqs.receive_message().queue_url(&url)).await;
    }
    // A receiver that nobody woke would look again at the end of its wait only.
    let woken = timeout(
        Duration::from_secs(WAIT_SECS.unsigned_abs().into()) / 2,
        waiting,
    )
    .await
    .unwrap()
    .unwrap();
    assert_eq!(woken[0].body(), Some("poison"));
    cloud.services.stop().await;
}

#[tokio::test]
async fn a_policy_without_its_dead_letter_queue_is_refused() {
    let cloud = Cloud::new("redrive-absent").await;
    let request = cloud.sqs.create_queue().queue_name("jobs");
    let request = request.attributes(QueueAttributeName::RedrivePolicy, POLICY);
    let error = request.send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidParameterValue"));
    cloud.services.stop().await;
}
