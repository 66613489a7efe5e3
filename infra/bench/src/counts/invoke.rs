//! One invocation as the Lambda runtime makes it: an event's bytes in, an answer's bytes out.

use std::fmt::Display;
use std::future::poll_fn;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use lambda_runtime::{Config, Context, LambdaEvent, Service};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::walk::WalkError;

/// What Lambda sends beside an event
/// (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next>), but the id.
const HEADERS: [(&str, &str); 3] = [
    // A year that leaves time.
    ("lambda-runtime-deadline-ms", "9999999999999"),
    (
        "lambda-runtime-invoked-function-arn",
        "arn:aws:lambda:us-east-1:123456789012:function:bench",
    ),
    (
        "lambda-runtime-trace-id",
        "Root=1-6923aa00-0a1b2c3d4e5f60718293a4b5;Parent=0a1b2c3d4e5f6071;Sampled=0",
    ),
];
const REQUEST_ID: &str = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";

/// An instance of a function without the runtime's HTTP client: what is done with the bytes of
/// events and answers is what `lambda_runtime` does.
pub struct Instance<S> {
    service: S,
    headers: HeaderMap,
    config: Arc<Config>,
}

impl<S> Instance<S> {
    /// An instance of the function that `service` is.
    pub fn new(service: S) -> Self {
        let header = |(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        };
        Self {
            service,
            headers: HEADERS.map(header).into_iter().collect(),
            config: Arc::default(),
        }
    }

    /// Has the function answer an event.
    ///
    /// # Errors
    ///
    /// The event is not what the function takes, or the function failed.
    pub async fn invoke<E>(&mut self, event: &[u8]) -> Result<Vec<u8>, WalkError>
    where
        E: DeserializeOwned,
        S: Service<LambdaEvent<E>, Response: Serialize, Error: Display>,
    {
        let context = Context::new(REQUEST_ID, Arc::clone(&self.config), &self.headers);
        let context = context.map_err(WalkError::text)?;
        let mut reader = serde_json::Deserializer::from_slice(event);
        let payload = serde_path_to_error::deserialize(&mut reader).map_err(WalkError::text)?;
        let ready = poll_fn(|cx| self.service.poll_ready(cx)).await;
        ready.map_err(WalkError::text)?;
        let answer = self.service.call(LambdaEvent::new(payload, context)).await;
        serde_json::to_vec(&answer.map_err(WalkError::text)?).map_err(WalkError::text)
    }
}

/// Events that are sent one after the other, again and again, and what each answer begins with.
pub(super) struct Events {
    bytes: Vec<u8>,
    answer: &'static str,
}

impl Events {
    /// The events that stand in the lines of `bytes`.
    pub(super) fn new(bytes: Vec<u8>, answer: &'static str) -> Self {
        Self { bytes, answer }
    }

    fn lines(&self) -> Vec<&[u8]> {
        self.bytes.split(|byte| *byte == b'\n').collect()
    }
}

/// Sends `calls` events; the first answer that is another than expected ends it.
pub(super) async fn repeat<E, S>(service: S, events: &Events, calls: u32) -> Result<(), WalkError>
where
    E: DeserializeOwned,
    S: Service<LambdaEvent<E>, Response: Serialize, Error: Display>,
{
    let mut instance = Instance::new(service);
    for (_, event) in (0..calls).zip(events.lines().into_iter().cycle()) {
        let answer = instance.invoke(event).await?;
        if !answer.starts_with(events.answer.as_bytes()) {
            let answer = String::from_utf8_lossy(&answer).into_owned();
            return Err(WalkError::Answer(answer));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Answers with the event and counts the calls.
    async fn answered(
        events: &[u8],
        answer: &'static str,
        calls: u32,
    ) -> (u32, Result<(), WalkError>) {
        let count = AtomicU32::new(0);
        let echo = |event: LambdaEvent<u32>| {
            count.fetch_add(1, Ordering::Relaxed);
            async move { Ok::<_, WalkError>(event.payload) }
        };
        let events = Events::new(events.to_vec(), answer);
        let outcome = repeat(lambda_runtime::service_fn(echo), &events, calls).await;
        (count.into_inner(), outcome)
    }

    #[tokio::test]
    async fn events_are_sent_in_turn() {
        let (count, outcome) = answered(b"41\n42\n43", "4", 7).await;
        assert_eq!(count, 7);
        outcome.unwrap();
    }

    #[tokio::test]
    async fn another_answer_than_expected_ends_it() {
        let (count, outcome) = answered(b"41\n52\n43", "4", 7).await;
        assert_eq!(count, 2);
        assert_eq!(outcome.unwrap_err().to_string(), "the answer was 52");
        let (count, outcome) = answered(b"-1", "", 7).await;
        assert_eq!(count, 0);
        outcome.unwrap_err();
    }
}
