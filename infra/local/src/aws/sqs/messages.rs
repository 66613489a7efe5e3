//! The operations on messages.

use std::{pin::pin, time::Duration};

use serde_json::{Value, json};
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    Sqs, attributes,
    error::SqsError,
    message::{Message, md5, md5_of_attributes},
    now_ms,
    queues::name_in,
    wire::{Outgoing, Receipt, ReceiveMessage, Sent, Single, Visibility},
};
use crate::aws::ACCOUNT_ID;

const ATTRIBUTES_MAX: usize = 10;
const GROUP_CHARS_MAX: usize = 128;
const RECEIVE_MAX: usize = 10;

impl Sqs {
    pub(super) fn send_message(&self, request: Single<Outgoing>) -> Result<Sent, SqsError> {
        self.send(name_in(&request.queue_url)?, request.entry)
    }

    pub(super) fn send(&self, name: &str, outgoing: Outgoing) -> Result<Sent, SqsError> {
        let mut broker = self.broker();
        let attributes = &broker.queue(name)?.attributes;
        check(&outgoing, attributes.message_bytes_max())?;
        let delay = match outgoing.delay_seconds {
            Some(seconds) => attributes::delay_ms(seconds)?,
            None => attributes.delay_ms(),
        };
        let now = now_ms();
        let trace = outgoing.message_system_attributes.get("AWSTraceHeader");
        let sent = Sent {
            message_id: Uuid::new_v4().to_string(),
            md5_of_body: md5(outgoing.message_body.as_bytes()),
            md5_of_attributes: (!outgoing.message_attributes.is_empty())
                .then(|| md5_of_attributes(outgoing.message_attributes.iter())),
        };
        let message = Message {
            sequence: 0,
            id: sent.message_id.clone(),
            trace_header: trace.and_then(|trace| trace.string_value.clone()),
            body: outgoing.message_body,
            attributes: outgoing.message_attributes,
            group_id: outgoing.message_group_id,
            sent_at: now,
            visible_at: now.saturating_add(delay),
            receives: 0,
            first_received_at: None,
            receipt: None,
            source_arn: None,
        };
        broker.send(name, message)?;
        Ok(sent)
    }

    /// Waits for messages as long as the request or the queue says, and not longer than the service runs.
    pub(super) async fn receive_message(
        &self,
        request: &ReceiveMessage,
    ) -> Result<Value, SqsError> {
        let name = name_in(&request.queue_url)?;
        let (count, hidden, wait) = self.receive_settings(name, request)?;
        let deadline = now_ms().saturating_add(wait);
        let mut stopping = self.stopping.subscribe();
        loop {
            // Listening begins before looking, so that no arrival falls in between.
            let mut arrival = pin!(self.arrivals.notified());
            arrival.as_mut().enable();
            let now = now_ms();
            let (messages, wake_at) = {
                let mut broker = self.broker();
                let messages = broker.receive(name, now, count, now.saturating_add(hidden))?;
                let next = broker.queue(name)?.next_visible_at(now);
                (messages, next.unwrap_or(deadline).min(deadline))
            };
            if !messages.is_empty() {
                let shown = messages.iter().map(|one| one.shown(request, ACCOUNT_ID));
                return Ok(json!({"Messages": shown.collect::<Vec<_>>()}));
            }
            if now >= deadline || *stopping.borrow_and_update() {
                return Ok(json!({}));
            }
            let pause = Duration::from_millis(wake_at.saturating_sub(now));
            let woken = async {
                tokio::select! {
                    () = arrival => {}
                    // An error means that the service is gone, which is a stop as well.
                    _ = stopping.changed() => {}
                }
            };
            // Time is up or something came: the next round looks in either case.
            let _either = timeout(pause, woken).await;
        }
    }

    /// How many messages to receive, for how long to hide them and how long to wait for them.
    fn receive_settings(
        &self,
        name: &str,
        request: &ReceiveMessage,
    ) -> Result<(usize, u64, u64), SqsError> {
        let broker = self.broker();
        let queue = &broker.queue(name)?.attributes;
        let count = usize::try_from(request.max_number_of_messages.unwrap_or(1))
            .ok()
            .filter(|count| (1..=RECEIVE_MAX).contains(count))
            .ok_or_else(|| {
                SqsError::parameter(
                    "Value for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
                )
            })?;
        let hidden = match request.visibility_timeout {
            Some(seconds) => attributes::visibility_ms(seconds)?,
            None => queue.visibility_ms(),
        };
        let wait = match request.wait_time_seconds {
            Some(seconds) => attributes::receive_wait_ms(seconds)?,
            None => queue.receive_wait_ms(),
        };
        Ok((count, hidden, wait))
    }

    pub(super) fn delete_message(&self, request: &Single<Receipt>) -> Result<Value, SqsError> {
        self.delete(name_in(&request.queue_url)?, &request.entry)
    }

    pub(super) fn delete(&self, name: &str, receipt: &Receipt) -> Result<Value, SqsError> {
        self.broker().delete(name, &receipt.receipt_handle)?;
        Ok(json!({}))
    }

    pub(super) fn change_message_visibility(
        &self,
        request: &Single<Visibility>,
    ) -> Result<Value, SqsError> {
        self.hide(name_in(&request.queue_url)?, &request.entry)
    }

    pub(super) fn hide(&self, name: &str, change: &Visibility) -> Result<Value, SqsError> {
        let hidden = attributes::visibility_ms(change.visibility_timeout)?;
        let now = now_ms();
        self.broker().hide(
            name,
            &change.receipt_handle,
            now,
            now.saturating_add(hidden),
        )?;
        Ok(json!({}))
    }
}

/// The bytes of a message that count towards the limits.
pub(super) fn size_of(outgoing: &Outgoing) -> usize {
    let attributes = outgoing.message_attributes.iter();
    let of_attributes: usize = attributes
        .map(|(name, value)| {
            let text = value.string_value.as_deref().unwrap_or_default();
            let binary = value.binary_value.as_deref().unwrap_or_default();
            name.len() + value.data_type.len() + text.len() + binary.len()
        })
        .sum();
    outgoing.message_body.len() + of_attributes
}

fn check(outgoing: &Outgoing, bytes_max: u64) -> Result<(), SqsError> {
    if outgoing.message_body.is_empty() {
        return Err(SqsError::missing("MessageBody"));
    }
    let is_valid = |letter: char| matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    if !outgoing.message_body.chars().all(is_valid) {
        return Err(SqsError::message_contents());
    }
    if u64::try_from(size_of(outgoing)).is_ok_and(|size| size > bytes_max) {
        return Err(SqsError::parameter(format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {bytes_max} bytes."
        )));
    }
    if outgoing.message_attributes.len() > ATTRIBUTES_MAX {
        return Err(SqsError::parameter(
            "Number of message attributes exceeds the allowed maximum [10].",
        ));
    }
    if outgoing.message_deduplication_id.is_some() {
        return Err(SqsError::parameter(
            "Value for parameter MessageDeduplicationId is invalid. Reason: The request includes a parameter that is not valid for this queue type.",
        ));
    }
    let group = outgoing.message_group_id.as_deref();
    let is_group = |group: &str| {
        (1..=GROUP_CHARS_MAX).contains(&group.len()) && group.bytes().all(|b| b.is_ascii_graphic())
    };
    if group.is_some_and(|group| !is_group(group)) {
        return Err(SqsError::parameter(
            "Value for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.",
        ));
    }
    Ok(())
}
