//! Reads from a function's answer which messages of a batch failed.

use std::{collections::HashSet, fmt};

use aws_sdk_sqs::types::Message;
use serde_json::Value;

/// The messages of a batch that failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failures {
    /// None did.
    None,
    /// Those with these ids did.
    Some(HashSet<String>),
    /// All did, because the answer cannot be trusted.
    All,
}

impl Failures {
    pub(super) fn is_none(&self) -> bool {
        *self == Self::None
    }

    pub(super) fn contains(&self, message: &Message) -> bool {
        match self {
            Self::None => false,
            Self::Some(ids) => ids.contains(message.message_id().unwrap_or_default()),
            Self::All => true,
        }
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("none"),
            Self::Some(ids) => write!(formatter, "{}", ids.len()),
            Self::All => formatter.write_str("all"),
        }
    }
}

/// The failures that a function with `ReportBatchItemFailures` reports.
///
/// AWS takes an empty or null answer, and an empty or null list, for complete success; an answer
/// that is no JSON, and an identifier that is missing, empty or none of the batch's, for complete
/// failure. See
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting>.
pub(super) fn failures(answer: &[u8], batch: &[Message]) -> Failures {
    if answer.is_empty() {
        return Failures::None;
    }
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else {
        return Failures::All;
    };
    let items = match answer.get("batchItemFailures") {
        None | Some(Value::Null) => return Failures::None,
        Some(Value::Array(items)) => items,
        Some(_) => return Failures::All,
    };
    let known: HashSet<&str> = batch.iter().filter_map(Message::message_id).collect();
    let mut failed = HashSet::new();
    for item in items {
        match item.get("itemIdentifier").and_then(Value::as_str) {
            Some(id) if known.contains(id) => failed.insert(id.to_owned()),
            _ => return Failures::All,
        };
    }
    if failed.is_empty() {
        Failures::None
    } else {
        Failures::Some(failed)
    }
}
