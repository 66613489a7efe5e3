//! Messages from a queue to a function, through the event source mapping.

use std::collections::HashSet;

use local::{
    aws::{Services, ServicesOptions},
    clients::Clients,
    esm::EventSources,
    runtime::Overrides,
    template::provision::provision,
};
use serde_json::{Value, json};

use crate::stack::{Stack, TEMPLATE, eventually, folder, parse_at};

/// A stack whose worker is fed from a queue.
struct Worker {
    stack: Stack,
    clients: Clients,
    _sources: EventSources,
    _services: Services,
}

impl Worker {
    async fn start(test: &str) -> Self {
        let services = Services::start(ServicesOptions {
            dir: folder(&format!("{test}-aws")),
            durable: false,
        });
        let services = services.await.unwrap();
        let clients = Clients::new(&services);
        let template = parse_at(TEMPLATE, &[], &services.sqs_url()).unwrap();
        provision(&template, &clients).await.unwrap();
        let stack = Stack::start_template(test, template, Overrides::default()).await;
        let triggers = &stack.template.queue_triggers;
        let sources = EventSources::start(triggers, &clients.sqs, &stack.lambda).unwrap();
        Self {
            stack,
            clients,
            _sources: sources,
            _services: services,
        }
    }

    async fn send(&self, bodies: &[&str]) {
        let url = &self.stack.template.queue("WorkQueue").unwrap().url;
        for body in bodies {
            let request = self.clients.sqs.send_message().queue_url(url);
            request.message_body(*body).send().await.unwrap();
        }
    }

    /// The bodies that came to the dead-letter queue, when there are so many.
    async fn dead(&self, wanted: usize) -> Vec<String> {
        let url = &self.stack.template.queue("WorkDlq").unwrap().url;
        let mut bodies = Vec::new();
        for _ in 0..30 {
            let request = self.clients.sqs.receive_message().queue_url(url);
            let request = request.max_number_of_messages(10).wait_time_seconds(1);
            let received = request.send().await.unwrap().messages.unwrap_or_default();
            bodies.extend(received.into_iter().filter_map(|message| message.body));
            if bodies.len() >= wanted {
                break;
            }
        }
        bodies.sort();
        bodies
    }

    async fn left(&self) -> u32 {
        use aws_sdk_sqs::types::QueueAttributeName::{
            ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible,
        };
        let names = [
            ApproximateNumberOfMessages,
            ApproximateNumberOfMessagesNotVisible,
        ];
        let request = self.clients.sqs.get_queue_attributes();
        let answer = request
            .queue_url(&self.stack.template.queue("WorkQueue").unwrap().url)
            .set_attribute_names(Some(names.to_vec()))
            .send()
            .await
            .unwrap();
        let counts = answer.attributes.unwrap_or_default();
        counts
            .values()
            .map(|count| count.parse::<u32>().unwrap())
            .sum()
    }

    fn records(&self) -> Vec<Value> {
        let mut records = Vec::new();
        for event in self.stack.noted() {
            records.extend(event["Records"].as_array().unwrap().clone());
        }
        records
    }

    fn deliveries(&self, body: &str) -> usize {
        let records = self.records();
        records
            .iter()
            .filter(|record| record["body"] == body)
            .count()
    }
}

#[tokio::test]
async fn a_poison_message_ends_in_the_dead_letter_queue_and_its_neighbours_are_done() {
    let worker = Worker::start("queue-poison").await;
    worker.send(&["one", "poison", "two", "three"]).await;
    assert_eq!(worker.dead(1).await, ["poison"]);
    eventually(|| async { (worker.left().await == 0).then_some(()) }).await;
    assert_eq!(worker.deliveries("poison"), 2);
    for body in ["one", "two", "three"] {
        assert_eq!(worker.deliveries(body), 1, "{body}");
    }
}

#[tokio::test]
async fn an_answer_that_names_a_strange_message_fails_the_whole_batch() {
    let worker = Worker::start("queue-lie").await;
    worker.send(&["lie"]).await;
    assert_eq!(worker.dead(1).await, ["lie"]);
    assert_eq!(worker.deliveries("lie"), 2);
}

#[tokio::test]
async fn a_crash_deletes_nothing_and_the_messages_come_again() {
    let worker = Worker::start("queue-crash").await;
    worker.send(&["crash once"]).await;
    eventually(|| async { (worker.deliveries("crash once") == 2).then_some(()) }).await;
    eventually(|| async { (worker.left().await == 0).then_some(()) }).await;
    let records = worker.records();
    let receives: Vec<&Value> = records
        .iter()
        .map(|record| &record["attributes"]["ApproximateReceiveCount"])
        .collect();
    assert_eq!(receives, ["1", "2"]);
}

#[tokio::test]
async fn a_record_has_the_shape_of_awss() {
    use aws_sdk_sqs::{primitives::Blob, types::MessageAttributeValue};
    let worker = Worker::start("queue-record").await;
    let attribute = |value: aws_sdk_sqs::types::builders::MessageAttributeValueBuilder, kind| {
        value.data_type(kind).build().unwrap()
    };
    let text = attribute(
        MessageAttributeValue::builder().string_value("blue"),
        "String",
    );
    let bytes = MessageAttributeValue::builder().binary_value(Blob::new([0, 255]));
    let request = worker.clients.sqs.send_message();
    let sent = request
        .queue_url(&worker.stack.template.queue("WorkQueue").unwrap().url)
        .message_body("hello")
        .message_group_id("tenant")
        .message_attributes("color", text)
        .message_attributes("bytes", attribute(bytes, "Binary"))
        .send()
        .await
        .unwrap();
    let record = eventually(|| async { worker.records().pop() }).await;
    assert_eq!(record["messageId"], sent.message_id.unwrap());
    assert_eq!(record["body"], "hello");
    assert_eq!(record["md5OfBody"], "5d41402abc4b2a76b9719d911017c592");
    assert_eq!(record["eventSource"], "aws:sqs");
    assert_eq!(
        record["eventSourceARN"],
        "arn:aws:sqs:us-east-1:000000000000:tests-WorkQueue"
    );
    assert_eq!(record["awsRegion"], "us-east-1");
    assert!(!record["receiptHandle"].as_str().unwrap().is_empty());
    assert_eq!(record["attributes"]["ApproximateReceiveCount"], "1");
    assert_eq!(record["attributes"]["MessageGroupId"], "tenant");
    assert!(record["attributes"]["SentTimestamp"].is_string());
    let lists = json!([]);
    let color = &record["messageAttributes"]["color"];
    assert_eq!(
        *color,
        json!({ "dataType": "String", "stringValue": "blue", "stringListValues": lists, "binaryListValues": lists })
    );
    assert_eq!(record["messageAttributes"]["bytes"]["binaryValue"], "AP8=");
}

#[tokio::test]
async fn a_batch_is_no_larger_than_the_trigger_says() {
    let worker = Worker::start("queue-batch").await;
    let bodies: Vec<String> = (0..23).map(|number| format!("job {number}")).collect();
    let texts: Vec<&str> = bodies.iter().map(String::as_str).collect();
    worker.send(&texts).await;
    eventually(|| async { (worker.left().await == 0).then_some(()) }).await;
    let sizes = worker.stack.noted();
    let sizes = sizes
        .iter()
        .map(|event| event["Records"].as_array().unwrap().len());
    assert!(sizes.into_iter().all(|size| (1..=5).contains(&size)));
    let records = worker.records();
    let done: HashSet<&str> = records
        .iter()
        .map(|one| one["body"].as_str().unwrap())
        .collect();
    assert_eq!(done.len(), 23);
}
