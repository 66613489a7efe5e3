//! What a queue is set to: time-outs, limits and the dead-letter queue.
//!
//! Names, ranges and defaults:
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::SqsError;

const SECOND_MS: u64 = 1_000;

/// An attribute that is a whole number.
struct Number {
    name: &'static str,
    min: u64,
    max: u64,
    default: u64,
}

const DELAY: Number = Number {
    name: "DelaySeconds",
    min: 0,
    max: 900,
    default: 0,
};
const MESSAGE_BYTES: Number = Number {
    name: "MaximumMessageSize",
    min: 1_024,
    max: 1_048_576,
    default: 1_048_576,
};
const RETENTION: Number = Number {
    name: "MessageRetentionPeriod",
    min: 60,
    max: 1_209_600,
    default: 345_600,
};
const RECEIVE_WAIT: Number = Number {
    name: "ReceiveMessageWaitTimeSeconds",
    min: 0,
    max: 20,
    default: 0,
};
const VISIBILITY: Number = Number {
    name: "VisibilityTimeout",
    min: 0,
    max: 43_200,
    default: 30,
};
const NUMBERS: [&Number; 5] = [
    &DELAY,
    &MESSAGE_BYTES,
    &RETENTION,
    &RECEIVE_WAIT,
    &VISIBILITY,
];
const REDRIVE_POLICY: &str = "RedrivePolicy";
/// Attributes that are kept and answered and change nothing here.
const KEPT: [&str; 5] = [
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "Policy",
    "RedriveAllowPolicy",
    "SqsManagedSseEnabled",
];
const RECEIVES_MAX: u32 = 1_000;

/// Where messages go that were received too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redrive {
    /// The dead-letter queue's name.
    pub(super) queue: String,
    /// Receives after which the next one moves the message instead.
    pub(super) receives_max: u32,
}

/// The checked attributes of one queue.
#[derive(Debug, Clone, Default)]
pub(super) struct Attributes {
    texts: BTreeMap<String, String>,
    redrive: Option<Redrive>,
}

impl Attributes {
    /// Checks every name and value.
    pub(super) fn new(texts: BTreeMap<String, String>) -> Result<Self, SqsError> {
        for (name, value) in &texts {
            if let Some(number) = NUMBERS.iter().find(|number| number.name == name) {
                let fits = value
                    .parse()
                    .is_ok_and(|value: u64| (number.min..=number.max).contains(&value));
                if !fits {
                    return Err(SqsError::attribute_value(name));
                }
            } else if name == "FifoQueue" {
                return Err(SqsError::unsupported("FIFO queues are not emulated"));
            } else if name != REDRIVE_POLICY && !KEPT.contains(&name.as_str()) {
                return Err(SqsError::unknown_attribute(name));
            }
        }
        let redrive = match texts.get(REDRIVE_POLICY).map(String::as_str) {
            None | Some("") => None,
            Some(text) => Some(redrive(text)?),
        };
        Ok(Self { texts, redrive })
    }

    /// These attributes with `changes` laid over them.
    pub(super) fn changed(&self, changes: BTreeMap<String, String>) -> Result<Self, SqsError> {
        let mut texts = self.texts.clone();
        texts.extend(changes);
        texts.retain(|_, value| !value.is_empty());
        Self::new(texts)
    }

    /// As they were set, without defaults.
    pub(super) fn texts(&self) -> &BTreeMap<String, String> {
        &self.texts
    }

    /// All values, defaults included.
    pub(super) fn all(&self) -> BTreeMap<String, String> {
        let mut all: BTreeMap<String, String> = NUMBERS
            .iter()
            .map(|number| (number.name.to_owned(), number.default.to_string()))
            .collect();
        all.insert("SqsManagedSseEnabled".to_owned(), "true".to_owned());
        all.extend(self.texts.clone());
        all
    }

    pub(super) fn delay_ms(&self) -> u64 {
        self.number(&DELAY) * SECOND_MS
    }

    pub(super) fn message_bytes_max(&self) -> u64 {
        self.number(&MESSAGE_BYTES)
    }

    pub(super) fn retention_ms(&self) -> u64 {
        self.number(&RETENTION) * SECOND_MS
    }

    pub(super) fn receive_wait_ms(&self) -> u64 {
        self.number(&RECEIVE_WAIT) * SECOND_MS
    }

    pub(super) fn visibility_ms(&self) -> u64 {
        self.number(&VISIBILITY) * SECOND_MS
    }

    pub(super) fn redrive(&self) -> Option<&Redrive> {
        self.redrive.as_ref()
    }

    fn number(&self, number: &Number) -> u64 {
        self.texts
            .get(number.name)
            .and_then(|value| value.parse().ok())
            .unwrap_or(number.default)
    }
}

/// A request's number of seconds in milliseconds, checked against the attribute's range.
pub(super) fn delay_ms(seconds: i64) -> Result<u64, SqsError> {
    seconds_ms(seconds, &DELAY)
}

/// As [`delay_ms`], for a wait.
pub(super) fn receive_wait_ms(seconds: i64) -> Result<u64, SqsError> {
    seconds_ms(seconds, &RECEIVE_WAIT)
}

/// As [`delay_ms`], for a visibility time-out.
pub(super) fn visibility_ms(seconds: i64) -> Result<u64, SqsError> {
    seconds_ms(seconds, &VISIBILITY)
}

fn seconds_ms(seconds: i64, number: &Number) -> Result<u64, SqsError> {
    u64::try_from(seconds)
        .ok()
        .filter(|seconds| (number.min..=number.max).contains(seconds))
        .map(|seconds| seconds * SECOND_MS)
        .ok_or_else(|| {
            SqsError::parameter(format!(
                "Value {seconds} for parameter {} is invalid. Reason: Must be between {} and {}.",
                number.name, number.min, number.max
            ))
        })
}

fn redrive(text: &str) -> Result<Redrive, SqsError> {
    let invalid = || SqsError::attribute_value(REDRIVE_POLICY);
    let policy: Value = serde_json::from_str(text).map_err(|_not_json| invalid())?;
    let target = policy.get("deadLetterTargetArn").and_then(Value::as_str);
    let queue = target
        .and_then(|arn| arn.strip_prefix(&super::broker::arn("")))
        .ok_or_else(invalid)?;
    let receives = policy.get("maxReceiveCount").ok_or_else(invalid)?;
    // CloudFormation and some SDKs write the number as a string.
    let receives_max = receives
        .as_str()
        .map_or_else(|| receives.as_u64(), |text| text.parse().ok())
        .and_then(|number| u32::try_from(number).ok())
        .filter(|number| (1..=RECEIVES_MAX).contains(number))
        .ok_or_else(invalid)?;
    Ok(Redrive {
        queue: queue.to_owned(),
        receives_max,
    })
}
