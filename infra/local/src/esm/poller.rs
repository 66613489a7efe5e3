//! One of a mapping's pollers: receives a batch, invokes, deletes what is done.

use std::time::Duration;

use aws_sdk_sqs::{
    Client,
    error::DisplayErrorContext,
    types::{DeleteMessageBatchRequestEntry, Message},
};
use axum::body::Bytes;
use tokio::time::sleep;

use super::{batch, outcome, record};
use crate::{
    runtime::{InvokeError, Lambda, Outcome},
    template::QueueTrigger,
};

/// Pause after a call to SQS that failed; it doubles with each further one.
const PAUSE_MIN: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// How often a batch is offered to a function that is throttled before its messages are let go.
const OFFERS_MAX: u32 = 5;
/// One call deletes at most so many messages.
const DELETES_MAX: usize = 10;

/// A poller of one queue.
#[derive(Debug)]
pub(super) struct Poller {
    trigger: QueueTrigger,
    sqs: Client,
    lambda: Lambda,
}

impl Poller {
    pub(super) fn new(trigger: QueueTrigger, sqs: Client, lambda: Lambda) -> Self {
        Self {
            trigger,
            sqs,
            lambda,
        }
    }

    /// Works until the functions are stopped.
    pub(super) async fn run(self) {
        let mut pause = PAUSE_MIN;
        loop {
            match batch::receive(&self.sqs, &self.trigger).await {
                Ok(batch) if batch.is_empty() => pause = PAUSE_MIN,
                Ok(batch) => {
                    pause = PAUSE_MIN;
                    if self.process(&batch).await == Err(InvokeError::Stopped) {
                        return;
                    }
                }
                Err(error) => {
                    self.report(&format!("cannot receive: {}", DisplayErrorContext(&error)));
                    sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
    }

    async fn process(&self, batch: &[Message]) -> Result<(), InvokeError> {
        let event = record::event(batch, &self.trigger.queue.arn);
        let answer = match self.invoke(event.to_string().into()).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                self.report(&format!("{} messages failed: {error}", batch.len()));
                return Ok(());
            }
            Err(error) => {
                self.report(&format!(
                    "{} messages were not delivered: {error}",
                    batch.len()
                ));
                return Err(error);
            }
        };
        let failed = if self.trigger.reports_failures {
            outcome::failures(&answer, batch)
        } else {
            outcome::Failures::None
        };
        if !failed.is_none() {
            self.report(&format!("{failed} of {} messages failed", batch.len()));
        }
        let done: Vec<&Message> = batch.iter().filter(|one| !failed.contains(one)).collect();
        for chunk in done.chunks(DELETES_MAX) {
            self.delete(chunk).await;
        }
        Ok(())
    }

    /// Invokes the function, again after a while when it is throttled.
    async fn invoke(&self, event: Bytes) -> Result<Outcome, InvokeError> {
        let mut pause = PAUSE_MIN;
        let mut offers = 1;
        loop {
            match self
                .lambda
                .invoke(&self.trigger.function, event.clone())
                .await
            {
                Err(InvokeError::Throttled) if offers < OFFERS_MAX => {
                    offers += 1;
                    sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
                outcome => return outcome,
            }
        }
    }

    /// Deletes messages; one that cannot be deleted comes again, which functions must stand.
    async fn delete(&self, messages: &[&Message]) {
        let mut request = self
            .sqs
            .delete_message_batch()
            .queue_url(&self.trigger.queue.url);
        for (place, message) in messages.iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder()
                .id(place.to_string())
                .receipt_handle(message.receipt_handle().unwrap_or_default())
                .build();
            match entry {
                Ok(entry) => request = request.entries(entry),
                Err(error) => self.report(&format!("cannot delete: {error}")),
            }
        }
        match request.send().await {
            Ok(deleted) => {
                for failure in deleted.failed() {
                    self.report(&format!("cannot delete: {}", failure.code()));
                }
            }
            Err(error) => {
                self.report(&format!("cannot delete: {}", DisplayErrorContext(&error)));
            }
        }
    }

    fn report(&self, what: &str) {
        tracing::warn!(queue = %self.trigger.queue.name, function = %self.trigger.function, "{what}");
    }
}
