//! SQS: sending, receiving, hiding and deleting messages.

use std::collections::BTreeSet;

use aws_sdk_sqs::{
    Client,
    operation::receive_message::builders::ReceiveMessageFluentBuilder,
    types::{
        DeleteMessageBatchRequestEntry, Message, MessageAttributeValue,
        MessageSystemAttributeName as System, SendMessageBatchRequestEntry,
    },
};
use tokio::task::JoinSet;

use super::Cloud;

/// Long enough for everything that has to happen in time, in seconds.
pub(super) const WAIT_SECS: i32 = 20;
const CONSUMERS: usize = 16;
const MESSAGES: usize = 400;
const NOISY: usize = 1_200;
const MD5_OF_BODY: &str = "9dddd5ce1b1375bc497feeb871842d4b";
const MD5_OF_ATTRIBUTES: &str = "1bfc53d88a4f3974f806307c6ff3f03c";

pub(super) async fn send(client: &Client, url: &str, body: &str) {
    let request = client.send_message().queue_url(url).message_body(body);
    request.send().await.unwrap();
}

pub(super) async fn receive(request: ReceiveMessageFluentBuilder) -> Vec<Message> {
    let request = request.message_system_attribute_names(System::All);
    let request = request.message_attribute_names("All");
    request.send().await.unwrap().messages.unwrap_or_default()
}

pub(super) fn receive_count(message: &Message) -> &str {
    &message.attributes().unwrap()[&System::ApproximateReceiveCount]
}

async fn delete(client: &Client, url: &str, message: &Message) {
    let request = client.delete_message().queue_url(url);
    let request = request.receipt_handle(message.receipt_handle().unwrap());
    request.send().await.unwrap();
}

#[tokio::test]
async fn a_message_is_hidden_until_its_time_out_and_comes_back() {
    let cloud = Cloud::new("visibility").await;
    let url = cloud.queue("jobs", &[("VisibilityTimeout", "1")]).await;
    send(&cloud.sqs, &url, "job").await;
    let ask = || cloud.sqs.receive_message().queue_url(&url);
    let first = receive(ask()).await;
    assert_eq!(receive_count(&first[0]), "1");
    assert!(receive(ask()).await.is_empty());
    let second = receive(ask().wait_time_seconds(WAIT_SECS)).await;
    assert_eq!(second[0].message_id(), first[0].message_id());
    assert_eq!(receive_count(&second[0]), "2");

    // The first receipt no longer counts, the second does.
    delete(&cloud.sqs, &url, &first[0]).await;
    let third = receive(ask().wait_time_seconds(WAIT_SECS)).await;
    assert_eq!(receive_count(&third[0]), "3");
    delete(&cloud.sqs, &url, &third[0]).await;
    assert!(receive(ask().wait_time_seconds(2)).await.is_empty());
    cloud.services.stop().await;
}

#[tokio::test]
async fn a_receiver_can_give_a_message_back_at_once_or_keep_it() {
    let cloud = Cloud::new("change-visibility").await;
    let url = cloud.queue("jobs", &[("VisibilityTimeout", "1")]).await;
    send(&cloud.sqs, &url, "job").await;
    let ask = || cloud.sqs.receive_message().queue_url(&url);
    let change = |message: &Message, seconds| {
        let request = cloud.sqs.change_message_visibility().queue_url(&url);
        let request = request.receipt_handle(message.receipt_handle().unwrap());
        request.visibility_timeout(seconds).send()
    };
    let first = receive(ask()).await;
    change(&first[0], 0).await.unwrap();
    let second = receive(ask()).await;
    change(&second[0], 60).await.unwrap();
    assert!(receive(ask().wait_time_seconds(2)).await.is_empty());
    change(&second[0], 0).await.unwrap();
    let error = change(&second[0], 60).await.unwrap_err();
    let error = error.into_service_error();
    assert!(error.is_message_not_inflight(), "{error:?}");
    cloud.services.stop().await;
}

#[tokio::test]
async fn some_messages_of_a_batch_are_deleted_and_the_rest_comes_back() {
    let cloud = Cloud::new("partial").await;
    let url = cloud.queue("jobs", &[("VisibilityTimeout", "1")]).await;
    let mut request = cloud.sqs.send_message_batch().queue_url(&url);
    for id in ["a", "b", "c"] {
        let entry = SendMessageBatchRequestEntry::builder();
        request = request.entries(entry.id(id).message_body(id).build().unwrap());
    }
    assert_eq!(request.send().await.unwrap().successful().len(), 3);

    let ask = || cloud.sqs.receive_message().queue_url(&url);
    let received = receive(ask().max_number_of_messages(10)).await;
    assert_eq!(received.len(), 3);
    let mut request = cloud.sqs.delete_message_batch().queue_url(&url);
    for message in received.iter().filter(|one| one.body() != Some("b")) {
        let entry = DeleteMessageBatchRequestEntry::builder()
            .id(message.body().unwrap())
            .receipt_handle(message.receipt_handle().unwrap());
        request = request.entries(entry.build().unwrap());
    }
    let garbage = DeleteMessageBatchRequestEntry::builder()
        .id("x")
        .receipt_handle("garbage");
    let answer = request
        .entries(garbage.build().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.successful().len(), 2);
    assert_eq!(answer.failed()[0].id(), "x");
    assert_eq!(answer.failed()[0].code(), "ReceiptHandleIsInvalid");

    let rest = receive(
        ask()
            .max_number_of_messages(10)
            .wait_time_seconds(WAIT_SECS),
    )
    .await;
    let bodies: Vec<_> = rest.iter().map(|message| message.body().unwrap()).collect();
    assert_eq!(bodies, ["b"]);
    cloud.services.stop().await;
}

#[tokio::test]
async fn a_delayed_message_comes_later() {
    let cloud = Cloud::new("delay").await;
    let url = cloud.queue("jobs", &[]).await;
    let request = cloud
        .sqs
        .send_message()
        .queue_url(&url)
        .message_body("late");
    request.delay_seconds(1).send().await.unwrap();
    let ask = || cloud.sqs.receive_message().queue_url(&url);
    assert!(receive(ask()).await.is_empty());
    let received = receive(ask().wait_time_seconds(WAIT_SECS)).await;
    assert_eq!(received[0].body(), Some("late"));
    cloud.services.stop().await;
}

#[tokio::test]
async fn attributes_and_the_message_group_are_delivered() {
    let cloud = Cloud::new("message-attributes").await;
    let url = cloud.queue("jobs", &[]).await;
    let value = MessageAttributeValue::builder()
        .data_type("String")
        .string_value("00-1-2-01");
    cloud
        .sqs
        .send_message()
        .queue_url(&url)
        .message_body("job")
        .message_group_id("tenant-a")
        .message_attributes("traceparent", value.build().unwrap())
        .send()
        .await
        .unwrap();
    let received = receive(cloud.sqs.receive_message().queue_url(&url)).await;
    let system = received[0].attributes().unwrap();
    assert_eq!(system[&System::MessageGroupId], "tenant-a");
    let own = received[0].message_attributes().unwrap();
    assert_eq!(own["traceparent"].string_value(), Some("00-1-2-01"));
    // Some SDKs check the digests; these are not by our code.
    assert_eq!(received[0].md5_of_body(), Some(MD5_OF_BODY));
    assert_eq!(
        received[0].md5_of_message_attributes(),
        Some(MD5_OF_ATTRIBUTES)
    );
    cloud.services.stop().await;
}

#[tokio::test]
async fn a_quiet_tenant_does_not_wait_for_a_noisy_one() {
    let cloud = Cloud::new("fair").await;
    let url = cloud.queue("jobs", &[]).await;
    let send = |group: &str| {
        let request = cloud.sqs.send_message().queue_url(&url).message_body(group);
        request.message_group_id(group).send()
    };
    for _ in 0..NOISY {
        send("noisy").await.unwrap();
    }
    send("quiet").await.unwrap();
    let ask = cloud.sqs.receive_message().queue_url(&url);
    let received = receive(ask.max_number_of_messages(10)).await;
    let bodies: Vec<_> = received
        .iter()
        .map(|message| message.body().unwrap())
        .collect();
    assert_eq!(received.len(), 10);
    assert_eq!(bodies[1], "quiet", "behind one of the noisy tenant's");
    cloud.services.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_consumers_get_every_message_once() {
    let cloud = Cloud::new("consumers").await;
    let url = cloud.queue("jobs", &[("VisibilityTimeout", "300")]).await;
    for number in 0..MESSAGES {
        send(&cloud.sqs, &url, &number.to_string()).await;
    }
    let mut consumers = JoinSet::new();
    for _ in 0..CONSUMERS {
        let (client, url) = (cloud.sqs.clone(), url.clone());
        consumers.spawn(async move {
            let mut bodies = Vec::new();
            loop {
                let request = client.receive_message().queue_url(&url);
                let received = receive(request.max_number_of_messages(10)).await;
                if received.is_empty() {
                    return bodies;
                }
                bodies.extend(received.into_iter().filter_map(|message| message.body));
            }
        });
    }
    let bodies = consumers.join_all().await.concat();
    assert_eq!(bodies.len(), MESSAGES);
    assert_eq!(bodies.iter().collect::<BTreeSet<_>>().len(), MESSAGES);
    cloud.services.stop().await;
}
