//! SQS: queues, their attributes and the errors that clients match on.

use aws_sdk_sqs::{
    error::ProvideErrorMetadata as _, operation::send_message::SendMessageError,
    types::QueueAttributeName,
};

use super::Cloud;

#[tokio::test]
async fn a_queue_tells_its_attributes_and_counts() {
    let cloud = Cloud::new("attributes").await;
    let url = cloud.queue("jobs", &[("VisibilityTimeout", "60")]).await;
    for delay in [0, 0, 900] {
        let request = cloud.sqs.send_message().queue_url(&url).message_body("job");
        request.delay_seconds(delay).send().await.unwrap();
    }
    let request = cloud.sqs.receive_message().queue_url(&url);
    assert_eq!(request.send().await.unwrap().messages().len(), 1);
    let answer = cloud
        .sqs
        .get_queue_attributes()
        .queue_url(&url)
        .attribute_names(QueueAttributeName::All)
        .send()
        .await
        .unwrap();
    let attributes = answer.attributes().unwrap();
    let expected = [
        (QueueAttributeName::VisibilityTimeout, "60"),
        (QueueAttributeName::MaximumMessageSize, "1048576"),
        (
            QueueAttributeName::QueueArn,
            "arn:aws:sqs:us-east-1:000000000000:jobs",
        ),
        (QueueAttributeName::ApproximateNumberOfMessages, "1"),
        (
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            "1",
        ),
        (QueueAttributeName::ApproximateNumberOfMessagesDelayed, "1"),
    ];
    for (name, value) in expected {
        assert_eq!(
            attributes.get(&name).map(String::as_str),
            Some(value),
            "{name}"
        );
    }
    cloud.services.stop().await;
}

#[tokio::test]
async fn creating_a_queue_again_needs_the_same_attributes() {
    let cloud = Cloud::new("again").await;
    let url = cloud.queue("jobs", &[("VisibilityTimeout", "60")]).await;
    assert_eq!(
        cloud.queue("jobs", &[("VisibilityTimeout", "60")]).await,
        url
    );
    assert_eq!(cloud.queue("jobs", &[]).await, url);
    let request = cloud.sqs.create_queue().queue_name("jobs");
    let request = request.attributes(QueueAttributeName::VisibilityTimeout, "61");
    let error = request.send().await.unwrap_err().into_service_error();
    assert!(error.is_queue_name_exists(), "{error:?}");
    cloud
        .sqs
        .set_queue_attributes()
        .queue_url(&url)
        .attributes(QueueAttributeName::VisibilityTimeout, "61")
        .send()
        .await
        .unwrap();
    assert_eq!(
        cloud.queue("jobs", &[("VisibilityTimeout", "61")]).await,
        url
    );
    let found = cloud.sqs.get_queue_url().queue_name("jobs").send().await;
    assert_eq!(found.unwrap().queue_url(), Some(url.as_str()));
    cloud.services.stop().await;
}

#[tokio::test]
async fn what_aws_would_refuse_is_refused() {
    let cloud = Cloud::new("refusals").await;
    let url = cloud.queue("jobs", &[]).await;
    let send = || cloud.sqs.send_message().queue_url(&url);
    let absent = format!("{url}-absent");
    let request = cloud
        .sqs
        .send_message()
        .queue_url(absent)
        .message_body("job");
    let error = request.send().await.unwrap_err().into_service_error();
    assert!(
        matches!(error, SendMessageError::QueueDoesNotExist(_)),
        "{error:?}"
    );

    let bell = send().message_body("\u{7}").send().await.unwrap_err();
    let error = bell.into_service_error();
    assert!(error.is_invalid_message_contents(), "{error:?}");

    let refused = [
        send().message_body("x".repeat(1_048_577)),
        send().message_body("job").delay_seconds(901),
        send().message_body("job").message_group_id("two words"),
        send().message_body("job").message_deduplication_id("once"),
    ];
    for request in refused {
        let error = request.send().await.unwrap_err();
        assert_eq!(error.code(), Some("InvalidParameterValue"));
    }
    let request = cloud.sqs.create_queue().queue_name("ordered");
    let request = request.attributes(QueueAttributeName::FifoQueue, "true");
    let error = request.send().await.unwrap_err().into_service_error();
    assert!(error.is_unsupported_operation(), "{error:?}");

    let request = cloud.sqs.receive_message().queue_url(&url);
    assert!(request.send().await.unwrap().messages().is_empty());
    cloud.services.stop().await;
}
