//! The errors of SQS, by the names that its SDKs know.

use std::borrow::Cow;

use axum::http::StatusCode;
use serde_json::{Value, json};

/// One error answer, or one failed entry of a batch.
#[derive(Debug, Clone)]
pub(super) struct SqsError {
    /// The error's name in the JSON protocol.
    name: &'static str,
    /// Its name in the query protocol, which the SDKs match on.
    code: &'static str,
    message: Cow<'static, str>,
    by_sender: bool,
}

impl SqsError {
    fn sender(
        name: &'static str,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            name,
            code,
            message: message.into(),
            by_sender: true,
        }
    }

    pub(super) fn no_queue() -> Self {
        Self::sender(
            "com.amazonaws.sqs#QueueDoesNotExist",
            "AWS.SimpleQueueService.NonExistentQueue",
            "The specified queue does not exist.",
        )
    }

    pub(super) fn queue_exists(attribute: &str) -> Self {
        Self::sender(
            "com.amazonaws.sqs#QueueNameExists",
            "QueueAlreadyExists",
            format!(
                "A queue already exists with the same name and a different value for attribute {attribute}"
            ),
        )
    }

    pub(super) fn unknown_attribute(name: &str) -> Self {
        Self::sender(
            "com.amazonaws.sqs#InvalidAttributeName",
            "InvalidAttributeName",
            format!("Unknown Attribute {name}."),
        )
    }

    pub(super) fn attribute_value(name: &str) -> Self {
        Self::sender(
            "com.amazonaws.sqs#InvalidAttributeValue",
            "InvalidAttributeValue",
            format!("Invalid value for the parameter {name}."),
        )
    }

    pub(super) fn parameter(message: impl Into<Cow<'static, str>>) -> Self {
        Self::sender(
            "com.amazon.coral.service#InvalidParameterValueException",
            "InvalidParameterValue",
            message,
        )
    }

    pub(super) fn missing(parameter: &str) -> Self {
        Self::sender(
            "com.amazon.coral.service#MissingRequiredParameterException",
            "MissingParameter",
            format!("The request must contain the parameter {parameter}."),
        )
    }

    pub(super) fn message_contents() -> Self {
        Self::sender(
            "com.amazonaws.sqs#InvalidMessageContents",
            "InvalidMessageContents",
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
        )
    }

    pub(super) fn receipt_handle() -> Self {
        Self::sender(
            "com.amazonaws.sqs#ReceiptHandleIsInvalid",
            "ReceiptHandleIsInvalid",
            "The input receipt handle is invalid.",
        )
    }

    pub(super) fn not_in_flight() -> Self {
        Self::sender(
            "com.amazonaws.sqs#MessageNotInflight",
            "AWS.SimpleQueueService.MessageNotInflight",
            "The specified message isn't in flight.",
        )
    }

    pub(super) fn over_limit() -> Self {
        Self::sender(
            "com.amazonaws.sqs#OverLimit",
            "OverLimit",
            "Too many messages in flight.",
        )
    }

    pub(super) fn empty_batch() -> Self {
        Self::sender(
            "com.amazonaws.sqs#EmptyBatchRequest",
            "AWS.SimpleQueueService.EmptyBatchRequest",
            "There should be at least one entry in the request.",
        )
    }

    pub(super) fn long_batch() -> Self {
        Self::sender(
            "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            "Maximum number of entries per request are 10.",
        )
    }

    pub(super) fn large_batch() -> Self {
        Self::sender(
            "com.amazonaws.sqs#BatchRequestTooLong",
            "AWS.SimpleQueueService.BatchRequestTooLong",
            "Batch requests cannot be longer than 1048576 bytes.",
        )
    }

    pub(super) fn repeated_batch_id() -> Self {
        Self::sender(
            "com.amazonaws.sqs#BatchEntryIdsNotDistinct",
            "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            "Two or more batch entries in the request have the same Id.",
        )
    }

    pub(super) fn batch_id() -> Self {
        Self::sender(
            "com.amazonaws.sqs#InvalidBatchEntryId",
            "AWS.SimpleQueueService.InvalidBatchEntryId",
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
        )
    }

    pub(super) fn unsupported(message: &str) -> Self {
        Self::sender(
            "com.amazonaws.sqs#UnsupportedOperation",
            "AWS.SimpleQueueService.UnsupportedOperation",
            message.to_owned(),
        )
    }

    pub(super) fn serialization(message: &str) -> Self {
        Self::sender(
            "com.amazon.coral.service#SerializationException",
            "MalformedInput",
            message.to_owned(),
        )
    }

    pub(super) fn internal(message: &str) -> Self {
        Self {
            name: "com.amazon.coral.service#InternalFailure",
            code: "InternalFailure",
            message: message.to_owned().into(),
            by_sender: false,
        }
    }

    pub(super) fn status(&self) -> StatusCode {
        if self.by_sender {
            StatusCode::BAD_REQUEST
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }

    /// The value of the `x-amzn-query-error` header.
    pub(super) fn query_code(&self) -> String {
        let fault = if self.by_sender { "Sender" } else { "Receiver" };
        format!("{};{fault}", self.code)
    }

    pub(super) fn body(&self) -> Value {
        json!({"__type": self.name, "message": self.message})
    }

    /// The error of one entry in a batch's answer.
    pub(super) fn entry(&self, id: &str) -> Value {
        json!({"Id": id, "Code": self.code, "Message": self.message, "SenderFault": self.by_sender})
    }
}
