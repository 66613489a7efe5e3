//! One message and its receipts.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use s3s::crypto::{Checksum as _, Md5};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::wire::{AttributeValue, ReceiveMessage};

const SEQUENCE_DIGITS: usize = 16;
const RECEIPT_DIGITS: usize = SEQUENCE_DIGITS + 32;

/// A message as its queue keeps it; all times in milliseconds since 1970.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Message {
    /// Its place among all messages of the service, by the time of sending.
    pub(super) sequence: u64,
    pub(super) id: String,
    pub(super) body: String,
    pub(super) attributes: BTreeMap<String, AttributeValue>,
    pub(super) group_id: Option<String>,
    pub(super) trace_header: Option<String>,
    pub(super) sent_at: u64,
    /// When it can be received next.
    pub(super) visible_at: u64,
    pub(super) receives: u32,
    pub(super) first_received_at: Option<u64>,
    /// The receipt of the newest receive; older ones no longer count.
    pub(super) receipt: Option<String>,
    /// The queue it came from when this one is a dead-letter queue.
    pub(super) source_arn: Option<String>,
}

impl Message {
    /// Marks one more receive at `now`, until `visible_at`.
    pub(super) fn receive(&mut self, now: u64, visible_at: u64) {
        self.receives = self.receives.saturating_add(1);
        self.first_received_at.get_or_insert(now);
        self.visible_at = visible_at;
        let nonce = Uuid::new_v4().simple();
        self.receipt = Some(format!("{:016x}{nonce}", self.sequence));
    }

    /// Becomes a new arrival in the dead-letter queue of the queue `source_arn`.
    pub(super) fn bury(&mut self, now: u64, source_arn: String) {
        self.receives = 0;
        self.first_received_at = None;
        self.receipt = None;
        self.visible_at = now;
        self.source_arn = Some(source_arn);
    }

    /// The message as a receiver sees it, with the attributes it asked for.
    pub(super) fn shown(&self, request: &ReceiveMessage, account: &str) -> Value {
        let system = self.system_attributes(request, account);
        let own: BTreeMap<&String, &AttributeValue> = self
            .attributes
            .iter()
            .filter(|(name, _)| asked(&request.message_attribute_names, name))
            .collect();
        let digest = (!own.is_empty())
            .then(|| md5_of_attributes(own.iter().map(|(name, value)| (*name, *value))));
        json!({
            "MessageId": self.id,
            "ReceiptHandle": self.receipt,
            "MD5OfBody": md5(self.body.as_bytes()),
            "Body": self.body,
            "Attributes": system,
            "MD5OfMessageAttributes": digest,
            "MessageAttributes": own,
        })
    }

    fn system_attributes(&self, request: &ReceiveMessage, account: &str) -> Map<String, Value> {
        let all = [
            ("AWSTraceHeader", self.trace_header.clone()),
            (
                "ApproximateFirstReceiveTimestamp",
                self.first_received_at.map(|at| at.to_string()),
            ),
            ("ApproximateReceiveCount", Some(self.receives.to_string())),
            ("DeadLetterQueueSourceArn", self.source_arn.clone()),
            ("MessageGroupId", self.group_id.clone()),
            ("SenderId", Some(account.to_owned())),
            ("SentTimestamp", Some(self.sent_at.to_string())),
        ];
        all.into_iter()
            .filter(|(name, _)| {
                asked(&request.message_system_attribute_names, name)
                    || asked(&request.attribute_names, name)
            })
            .filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?))))
            .collect()
    }
}

/// The message's sequence number inside a receipt, or `None` when it is none of ours.
pub(super) fn sequence_in(receipt: &str) -> Option<u64> {
    if receipt.len() != RECEIPT_DIGITS || !receipt.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u64::from_str_radix(receipt.get(..SEQUENCE_DIGITS)?, 16).ok()
}

/// Whether a list of names, `All` or prefixes like `trace.*` asks for `name`.
fn asked(names: &[String], name: &str) -> bool {
    names.iter().any(|wanted| {
        wanted == "All"
            || wanted == name
            || wanted
                .strip_suffix(".*")
                .is_some_and(|prefix| name.starts_with(prefix))
    })
}

/// The MD5 of a text, in hexadecimal digits.
pub(super) fn md5(bytes: &[u8]) -> String {
    shared::hex::digits(&Md5::checksum(bytes))
}

/// The MD5 of message attributes, which some SDKs compare with their own.
///
/// The rule: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation>.
pub(super) fn md5_of_attributes<'a>(
    attributes: impl Iterator<Item = (&'a String, &'a AttributeValue)>,
) -> String {
    let mut bytes = Vec::new();
    let mut push = |kind: Option<u8>, part: &[u8]| {
        bytes.extend(kind);
        bytes.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(part);
    };
    for (name, value) in attributes {
        push(None, name.as_bytes());
        push(None, value.data_type.as_bytes());
        if let Some(text) = &value.string_value {
            push(Some(1), text.as_bytes());
        } else if let Some(binary) = &value.binary_value {
            push(Some(2), &STANDARD.decode(binary).unwrap_or_default());
        }
    }
    md5(&bytes)
}
