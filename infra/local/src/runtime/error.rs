//! What can go wrong with an event: on its way to the function, and in the function.

use std::fmt;

use axum::body::Bytes;
use serde_json::{Value, json};

/// Why an event did not reach its function.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvokeError {
    /// There is no function with this logical id.
    #[error("there is no function {0}")]
    UnknownFunction(String),
    /// All instances are busy and too many events wait already.
    #[error("too many events are waiting")]
    Throttled,
    /// The payload is too large.
    #[error("the payload is larger than {} bytes", super::PAYLOAD_BYTES_MAX)]
    TooLarge,
    /// The functions are being stopped.
    #[error("the functions are being stopped")]
    Stopped,
}

/// An error with which a function ended its work on an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError {
    /// The error as Lambda gives it to the caller: JSON with `errorType` and `errorMessage`.
    pub payload: Bytes,
}

impl FunctionError {
    pub(super) fn new(kind: &str, message: &str) -> Self {
        let error = json!({ "errorType": kind, "errorMessage": message });
        Self {
            payload: error.to_string().into(),
        }
    }

    /// The process ended; `how` is its exit status or signal.
    pub(super) fn exited(how: &str) -> Self {
        Self::new(
            "Runtime.ExitError",
            &format!("Runtime exited with error: {how}"),
        )
    }

    /// The function took longer than it may.
    pub(super) fn timed_out(seconds: u64) -> Self {
        let message = format!("Task timed out after {seconds}.00 seconds");
        Self::new("Sandbox.Timedout", &message)
    }

    /// The answer is larger than Lambda takes.
    pub(super) fn response_too_large() -> Self {
        let message = format!(
            "Response payload size exceeded maximum allowed payload size ({} bytes).",
            super::PAYLOAD_BYTES_MAX
        );
        Self::new("Function.ResponseSizeTooLarge", &message)
    }

    /// The `errorType`; empty when the function did not give one.
    pub fn kind(&self) -> String {
        self.member("errorType")
    }

    /// The `errorMessage`; empty when the function did not give one.
    pub fn message(&self) -> String {
        self.member("errorMessage")
    }

    fn member(&self, name: &str) -> String {
        let parsed: Value = serde_json::from_slice(&self.payload).unwrap_or_default();
        let text = parsed.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    }
}

impl fmt::Display for FunctionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.kind(), self.message())
    }
}

impl std::error::Error for FunctionError {}
