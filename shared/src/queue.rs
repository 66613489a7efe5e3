//! Messages to other functions, through Amazon SQS.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use serde::Serialize;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::aws;
use crate::ids::EventId;
use crate::jobs::Envelope;

/// The longest time that SQS keeps a message back, in seconds.
pub const DELAY_SECS_MAX: i32 = 900;
/// The most messages in one call: SQS takes no more.
const CALL_MESSAGES_MAX: usize = 10;
/// The most bytes in one call's bodies. SQS takes 1 MiB, and counts more than the bodies.
const CALL_BYTES_MAX: usize = 512 * 1024;
/// How long a job waits for one message to be taken, in milliseconds. Past that the message is left to
/// the relay.
const SEND_TIMEOUT_MS: u64 = 1_000;
/// How long one call with several messages may take, its retries included, in milliseconds.
const CALL_TIMEOUT_MS: u64 = 2_000;

/// How long a delivery can be hidden from other receivers, in seconds: SQS allows no more.
pub const HIDDEN_SECS_MAX: i32 = 43_200;

/// What SQS did not do: a message that was not sent is still in the outbox.
#[derive(Debug, thiserror::Error)]
#[error("the queue did not take it: {0}")]
pub struct QueueError(String);

/// A queue, and a client that is made when the first message is sent.
#[derive(Debug, Clone)]
pub struct Queue {
    url: String,
    client: Arc<OnceCell<Client>>,
}

impl Queue {
    /// The queue at `url`.
    pub fn new(url: String) -> Self {
        Self {
            url,
            client: Arc::default(),
        }
    }

    /// The queue at `url`, through a client that is there already.
    pub fn with_client(url: String, client: Client) -> Self {
        Self {
            url,
            client: Arc::new(OnceCell::new_with(Some(client))),
        }
    }

    /// Sends a message, grouped by its tenant: a fair queue keeps one tenant's backlog from
    /// delaying another's job
    /// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html>).
    pub async fn send<D: Serialize + Sync>(
        &self,
        envelope: &Envelope<D>,
    ) -> Result<(), QueueError> {
        self.send_after(envelope, 0).await
    }

    /// The same, for nobody to see before `delay_secs` have passed; [`DELAY_SECS_MAX`] at most.
    pub async fn send_after<D: Serialize + Sync>(
        &self,
        envelope: &Envelope<D>,
        delay_secs: i32,
    ) -> Result<(), QueueError> {
        let body = serde_json::to_string(envelope).map_err(|e| QueueError(e.to_string()))?;
        let client = self.client().await;
        let send = client
            .send_message()
            .queue_url(&self.url)
            .message_group_id(envelope.tenant().id().to_string())
            .message_body(body)
            .set_delay_seconds((delay_secs > 0).then_some(delay_secs.min(DELAY_SECS_MAX)))
            .send();
        match timeout(Duration::from_millis(SEND_TIMEOUT_MS), send).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(QueueError(DisplayErrorContext(error).to_string())),
            Err(_) => Err(QueueError("no answer in time".to_owned())),
        }
    }

    /// Hides a delivery from other receivers until `secs` from now, 0 to [`HIDDEN_SECS_MAX`], whether
    /// that is later or earlier than it was to come back
    /// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html>).
    pub async fn hide(&self, receipt: &str, secs: i32) -> Result<(), QueueError> {
        let client = self.client().await;
        let hide = client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(receipt)
            .visibility_timeout(secs.clamp(0, HIDDEN_SECS_MAX))
            .send();
        // On the heap: see `send_all`.
        match timeout(Duration::from_millis(CALL_TIMEOUT_MS), Box::pin(hide)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(QueueError(DisplayErrorContext(error).to_string())),
            Err(_) => Err(QueueError("no answer in time".to_owned())),
        }
    }

    /// Sends many messages, ten in one call, and answers with the events that SQS has taken.
    ///
    /// The others are logged, and whose they are sends them again later. A message that SQS
    /// refuses does not hold up its neighbours; a queue that does not answer in time is not asked
    /// again by this call.
    pub async fn send_all<D: Serialize + Sync>(
        &self,
        envelopes: &[&Envelope<D>],
    ) -> HashSet<EventId> {
        let mut taken = HashSet::new();
        for load in loads(envelopes) {
            // On the heap: the SDK's futures are large, and nested deeper than rustc's limit.
            let call = Box::pin(self.send_load(&load));
            match timeout(Duration::from_millis(CALL_TIMEOUT_MS), call).await {
                Ok(Ok(events)) => taken.extend(events),
                Ok(Err(error)) => tracing::warn!(messages = load.len(), error = %error),
                Err(_) => {
                    tracing::warn!(messages = load.len(), "queue does not answer in time");
                    break;
                }
            }
        }
        taken
    }

    async fn send_load(&self, load: &[Parcel]) -> Result<Vec<EventId>, QueueError> {
        let entries = load.iter().enumerate().map(|(place, parcel)| {
            SendMessageBatchRequestEntry::builder()
                .id(place.to_string())
                .message_group_id(&parcel.group)
                .message_body(&parcel.body)
                .build()
        });
        let entries = entries
            .collect::<Result<_, _>>()
            .map_err(|error| QueueError(error.to_string()))?;
        let client = self.client().await;
        let answer = client
            .send_message_batch()
            .queue_url(&self.url)
            .set_entries(Some(entries))
            .send()
            .await
            .map_err(|error| QueueError(DisplayErrorContext(error).to_string()))?;
        let event_at = |place: &str| load.get(place.parse::<usize>().ok()?).map(|p| p.event);
        for refused in answer.failed() {
            let event = event_at(refused.id()).map(|event| event.to_string());
            tracing::warn!(
                event.id = event,
                error.code = refused.code(),
                "message was refused"
            );
        }
        let taken = answer.successful().iter();
        Ok(taken.filter_map(|taken| event_at(taken.id())).collect())
    }

    async fn client(&self) -> &Client {
        self.client
            .get_or_init(async || Client::new(aws::config()))
            .await
    }
}

/// A message, written down.
struct Parcel {
    event: EventId,
    group: String,
    body: String,
}

/// Distributes messages over calls. One that is too large for any call travels alone, so that
/// its refusal is nobody else's.
fn loads<D: Serialize>(envelopes: &[&Envelope<D>]) -> Vec<Vec<Parcel>> {
    let mut loads: Vec<Vec<Parcel>> = Vec::new();
    let mut bytes = 0;
    for envelope in envelopes {
        let body = match serde_json::to_string(envelope) {
            Ok(body) => body,
            Err(error) => {
                tracing::error!(event.id = %envelope.id, error = %error, "event is no JSON");
                continue;
            }
        };
        let size = body.len();
        let parcel = Parcel {
            event: envelope.id,
            group: envelope.tenant().id().to_string(),
            body,
        };
        match loads.last_mut() {
            Some(load) if load.len() < CALL_MESSAGES_MAX && bytes + size <= CALL_BYTES_MAX => {
                bytes += size;
                load.push(parcel);
            }
            _ => {
                bytes = size;
                loads.push(vec![parcel]);
            }
        }
    }
    loads
}
