//! Collects a batch of messages from a queue.

use std::time::Duration;

use aws_sdk_sqs::{
    Client,
    error::SdkError,
    operation::receive_message::ReceiveMessageError,
    types::{Message, MessageSystemAttributeName},
};
use tokio::time::Instant;

use crate::template::QueueTrigger;

/// One receive gives at most so many messages.
const RECEIVE_MAX: usize = 10;
/// How long a receive waits for the first message, the most that SQS allows.
const WAIT_SECONDS: u64 = 20;

/// Waits for messages and gives as many as the trigger's batch and window take.
///
/// Empty when none came for a while.
pub(super) async fn receive(
    sqs: &Client,
    trigger: &QueueTrigger,
) -> Result<Vec<Message>, SdkError<ReceiveMessageError>> {
    let size = trigger.batch_size as usize;
    let mut batch = Vec::new();
    let mut wait = Duration::from_secs(WAIT_SECONDS);
    let mut window_ends_at = None;
    loop {
        let received = receive_once(sqs, trigger, size - batch.len(), wait).await?;
        let is_dry = received.is_empty();
        batch.extend(received);
        if batch.is_empty() || batch.len() >= size {
            return Ok(batch);
        }
        let ends_at = *window_ends_at.get_or_insert_with(|| Instant::now() + trigger.window);
        wait = ends_at.saturating_duration_since(Instant::now());
        // A wait below one second cannot be asked for.
        if wait.is_zero() || (is_dry && wait < Duration::from_secs(1)) {
            return Ok(batch);
        }
    }
}

async fn receive_once(
    sqs: &Client,
    trigger: &QueueTrigger,
    room: usize,
    wait: Duration,
) -> Result<Vec<Message>, SdkError<ReceiveMessageError>> {
    let seconds = i32::try_from(wait.as_secs().min(WAIT_SECONDS)).unwrap_or_default();
    let received = sqs
        .receive_message()
        .queue_url(&trigger.queue.url)
        .max_number_of_messages(i32::try_from(room.min(RECEIVE_MAX)).unwrap_or(1))
        .wait_time_seconds(seconds)
        .message_system_attribute_names(MessageSystemAttributeName::All)
        .message_attribute_names("All")
        .send()
        .await?;
    Ok(received.messages.unwrap_or_default())
}
