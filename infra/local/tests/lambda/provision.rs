//! Stores made from a template.

use local::{
    aws::{Services, ServicesOptions},
    clients::Clients,
    template::provision::provision,
};

use crate::stack::{TEMPLATE, folder, parse, parse_at};

async fn services(test: &str) -> Services {
    let options = ServicesOptions {
        dir: folder(test),
        durable: false,
    };
    Services::start(options).await.unwrap()
}

#[tokio::test]
async fn the_stores_have_the_templates_settings_and_stay_as_they_are() {
    use aws_sdk_sqs::types::QueueAttributeName;
    let services = services("provision-twice").await;
    let clients = Clients::new(&services);
    let template = parse_at(TEMPLATE, &[], &services.sqs_url()).unwrap();
    provision(&template, &clients).await.unwrap();
    let queue = template.queue("WorkQueue").unwrap();
    let request = clients.sqs.send_message().queue_url(&queue.url);
    request.message_body("kept").send().await.unwrap();
    let request = clients.s3.put_object().bucket("tests-bucket").key("kept");
    request.send().await.unwrap();

    provision(&template, &clients).await.unwrap();

    let request = clients.sqs.get_queue_attributes().queue_url(&queue.url);
    let answer = request
        .attribute_names(QueueAttributeName::All)
        .send()
        .await
        .unwrap();
    let attributes = answer.attributes.unwrap();
    assert_eq!(attributes[&QueueAttributeName::VisibilityTimeout], "1");
    assert_eq!(
        attributes[&QueueAttributeName::ApproximateNumberOfMessages],
        "1"
    );
    let policy = &attributes[&QueueAttributeName::RedrivePolicy];
    let policy: serde_json::Value = serde_json::from_str(policy).unwrap();
    assert_eq!(
        policy["deadLetterTargetArn"],
        "arn:aws:sqs:us-east-1:000000000000:tests-WorkDlq"
    );

    let request = clients
        .dynamodb
        .describe_time_to_live()
        .table_name("tests-Table");
    let ttl = request
        .send()
        .await
        .unwrap()
        .time_to_live_description
        .unwrap();
    assert_eq!(ttl.attribute_name.as_deref(), Some("ttl"));
    let request = clients.s3.head_object().bucket("tests-bucket").key("kept");
    request.send().await.unwrap();
}

#[tokio::test]
async fn a_template_read_for_another_endpoint_is_refused() {
    let services = services("provision-url").await;
    let clients = Clients::new(&services);
    let elsewhere = parse(TEMPLATE, &[]);
    let error = provision(&elsewhere, &clients).await.unwrap_err();
    assert!(error.to_string().starts_with("cannot make Work"), "{error}");
    assert!(
        error.to_string().contains("and not http://127.0.0.1:1/"),
        "{error}"
    );
}
