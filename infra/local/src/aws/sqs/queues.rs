//! The operations on queues.

use serde_json::{Value, json};

use super::{
    Sqs,
    attributes::Attributes,
    broker::arn,
    error::SqsError,
    now_ms,
    wire::{
        CreateQueue, GetQueueAttributes, GetQueueUrl, ListQueues, OneQueue, SetQueueAttributes,
    },
};

const NAME_CHARS_MAX: usize = 80;
const LIST_MAX: usize = 1_000;
const SECOND_MS: u64 = 1_000;

/// The queue's name in its URL; host and port are not looked at, they change with each start.
pub(super) fn name_in(url: &str) -> Result<&str, SqsError> {
    url.rsplit('/')
        .next()
        .filter(|name| !name.is_empty())
        .ok_or_else(|| SqsError::missing("QueueUrl"))
}

impl Sqs {
    /// Creating a queue again with the same attributes answers the existing one.
    pub(super) fn create_queue(&self, request: CreateQueue) -> Result<Value, SqsError> {
        let name = request.queue_name;
        let mut letters = name.chars();
        let is_valid = !name.is_empty()
            && name.len() <= NAME_CHARS_MAX
            && letters.all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
        if !is_valid {
            return Err(SqsError::parameter(
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
            ));
        }
        let attributes = Attributes::new(request.attributes)?;
        let mut broker = self.broker();
        if let Ok(existing) = broker.queue(&name) {
            let present = existing.attributes.all();
            for (attribute, value) in attributes.texts() {
                if present.get(attribute) != Some(value) {
                    return Err(SqsError::queue_exists(attribute));
                }
            }
        } else {
            broker.configure(&name, attributes, now_ms())?;
        }
        Ok(json!({"QueueUrl": self.queue_url(&name)}))
    }

    pub(super) fn delete_queue(&self, request: &OneQueue) -> Result<Value, SqsError> {
        self.broker().remove(name_in(&request.queue_url)?)?;
        Ok(json!({}))
    }

    pub(super) fn purge_queue(&self, request: &OneQueue) -> Result<Value, SqsError> {
        self.broker().purge(name_in(&request.queue_url)?)?;
        Ok(json!({}))
    }

    pub(super) fn get_queue_url(&self, request: &GetQueueUrl) -> Result<Value, SqsError> {
        self.broker().queue(&request.queue_name)?;
        Ok(json!({"QueueUrl": self.queue_url(&request.queue_name)}))
    }

    pub(super) fn list_queues(&self, request: &ListQueues) -> Value {
        let broker = self.broker();
        let urls: Vec<String> = broker
            .names()
            .filter(|name| name.starts_with(&request.queue_name_prefix))
            .take(LIST_MAX)
            .map(|name| self.queue_url(name))
            .collect();
        json!({"QueueUrls": urls})
    }

    pub(super) fn set_queue_attributes(
        &self,
        request: SetQueueAttributes,
    ) -> Result<Value, SqsError> {
        let name = name_in(&request.queue_url)?;
        let mut broker = self.broker();
        let attributes = broker.queue(name)?.attributes.changed(request.attributes)?;
        broker.configure(name, attributes, now_ms())?;
        Ok(json!({}))
    }

    pub(super) fn get_queue_attributes(
        &self,
        request: &GetQueueAttributes,
    ) -> Result<Value, SqsError> {
        let name = name_in(&request.queue_url)?;
        let broker = self.broker();
        let queue = broker.queue(name)?;
        let counts = queue.counts(now_ms());
        let mut all = queue.attributes.all();
        let computed = [
            ("ApproximateNumberOfMessages", counts.visible.to_string()),
            (
                "ApproximateNumberOfMessagesNotVisible",
                counts.in_flight.to_string(),
            ),
            (
                "ApproximateNumberOfMessagesDelayed",
                counts.delayed.to_string(),
            ),
            (
                "CreatedTimestamp",
                (queue.created_at / SECOND_MS).to_string(),
            ),
            (
                "LastModifiedTimestamp",
                (queue.modified_at / SECOND_MS).to_string(),
            ),
            ("QueueArn", arn(name)),
        ];
        all.extend(computed.map(|(name, value)| (name.to_owned(), value)));
        let wanted = &request.attribute_names;
        all.retain(|name, _| wanted.iter().any(|one| one == "All" || one == name));
        Ok(json!({"Attributes": all}))
    }
}
