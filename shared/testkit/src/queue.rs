//! A queue for each test, on the SQS whose address `make test` gives.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use serde_json::{Value, json};
use shared::aws;
use shared::queue::Queue;
use uuid::Uuid;

/// Messages taken at a time, SQS's own limit.
const RECEIVE_MESSAGES_MAX: i32 = 10;

/// Receives after which a queue is taken to have no end.
const RECEIVES_MAX: u32 = 1_000;

/// A fresh standard queue.
pub struct TestQueue {
    url: String,
    client: Client,
}

impl TestQueue {
    /// Creates it.
    pub async fn new() -> Self {
        let client = Client::new(&aws::load());
        let name = format!("test-{}", Uuid::now_v7().simple());
        let created = client.create_queue().queue_name(name).send().await.unwrap();
        Self {
            url: created.queue_url.unwrap(),
            client,
        }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The queue as a function sees it.
    pub fn queue(&self) -> Queue {
        Queue::with_client(self.url.clone(), self.client.clone())
    }

    /// Takes all messages out of the queue for good, and answers with the event that Lambda makes of
    /// each.
    pub async fn drain(&self) -> Vec<Value> {
        let mut events = Vec::new();
        for _ in 0..RECEIVES_MAX {
            let messages = self.take().await;
            if messages.is_empty() {
                return events;
            }
            for message in messages {
                let receipt = message.receipt_handle().unwrap();
                let delete = self.client.delete_message().queue_url(&self.url);
                delete.receipt_handle(receipt).send().await.unwrap();
                events.push(json!({ "Records": [{
                    "messageId": message.message_id(),
                    "body": message.body(),
                    "attributes": { "ApproximateReceiveCount": "1" },
                }] }));
            }
        }
        panic!("the queue does not become empty");
    }

    /// Takes what is there now, up to ten messages, without waiting.
    pub async fn take(&self) -> Vec<Message> {
        let receive = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(RECEIVE_MESSAGES_MAX)
            .message_system_attribute_names(MessageSystemAttributeName::All);
        receive.send().await.unwrap().messages.unwrap_or_default()
    }
}
