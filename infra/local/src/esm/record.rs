//! The event that a function gets for a batch of messages.

use aws_sdk_sqs::types::{Message, MessageAttributeValue};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::aws::REGION;

/// The batch as an event, one record for each message.
pub(super) fn event(batch: &[Message], queue_arn: &str) -> Value {
    let records: Vec<Value> = batch
        .iter()
        .map(|message| record(message, queue_arn))
        .collect();
    json!({ "Records": records })
}

fn record(message: &Message, queue_arn: &str) -> Value {
    let mut attributes = Map::new();
    for (name, value) in message.attributes().into_iter().flatten() {
        attributes.insert(name.as_str().to_owned(), value.clone().into());
    }
    let mut message_attributes = Map::new();
    for (name, value) in message.message_attributes().into_iter().flatten() {
        message_attributes.insert(name.clone(), attribute(value));
    }
    json!({
        "messageId": message.message_id(),
        "receiptHandle": message.receipt_handle(),
        "body": message.body(),
        "attributes": attributes,
        "messageAttributes": message_attributes,
        "md5OfBody": message.md5_of_body(),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": REGION,
    })
}

fn attribute(value: &MessageAttributeValue) -> Value {
    let mut attribute = Map::new();
    attribute.insert("dataType".to_owned(), value.data_type().into());
    // SQS keeps these for later use, and Lambda's records have them always.
    attribute.insert("stringListValues".to_owned(), json!([]));
    attribute.insert("binaryListValues".to_owned(), json!([]));
    if let Some(text) = value.string_value() {
        attribute.insert("stringValue".to_owned(), text.into());
    }
    if let Some(bytes) = value.binary_value() {
        attribute.insert("binaryValue".to_owned(), STANDARD.encode(bytes).into());
    }
    Value::Object(attribute)
}
