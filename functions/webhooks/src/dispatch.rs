//! Decides what is sent when: takes in events, hands out what is due, signed, and judges what comes
//! back.
//!
//! **Invariant:** a delivery exists once for each event and endpoint, in the transaction that took the
//! event in, and is pending until an endpoint has taken it or it was given up. What is lost on the way
//! to the sender or back is due again when its lease ends.

mod outcome;
mod pump;

use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::Error;
use serde_json::{Value, json};
use shared::batch::{self, Delivery, Ending, Retry};
use shared::clock::Clock;
use shared::db::{Database, DbError, Refusal};
use shared::deadline::Deadline;
use shared::jobs::{EnvelopeError, Event, PUBLISHED, WebhookAttempted, WebhookDue};
use shared::queue::Queue;

use crate::message::Message;
use crate::store::claims;

/// How much of the function's time must be left for something else to be begun.
pub const MARGIN: Duration = Duration::from_secs(5);

/// The dispatcher, and what it stands between.
#[derive(Clone)]
pub struct Dispatcher {
    /// The time, which all waits are counted by.
    pub clock: Clock,
    /// The database, as the dispatcher's own role.
    pub db: Database,
    /// Its own queue, for what is to be looked at in some seconds.
    pub events: Queue,
    /// The sender's queue.
    pub outgoing: Queue,
}

impl Dispatcher {
    /// Serves a batch from one of its queues, or else the schedule: hands out what is due in all
    /// tenants and removes what has served its time.
    pub async fn serve(&self, event: Value, deadline: &Deadline) -> Result<Value, Error> {
        if event.get("Records").is_none() {
            let counts = self.sweep(deadline).await?;
            return Ok(json!({ "sent": counts.sent, "removed": counts.removed }));
        }
        let batch: SqsEvent = serde_json::from_value(event)?;
        let work = async |delivery| self.handle(delivery, deadline).await;
        let answer = batch::run(batch, &self.db, deadline, work).await;
        Ok(serde_json::to_value(answer)?)
    }

    async fn handle(&self, delivery: Delivery, deadline: &Deadline) -> Result<Ending, Retry> {
        let envelope = delivery.envelope;
        let tenant = envelope.tenant();
        let kind = envelope.kind.as_str();
        let ending = if kind == WebhookAttempted::TYPE {
            match self.settle(tenant, &envelope.read()?).await? {
                // No news: it makes room for nothing.
                Ending::Skipped => return Ok(Ending::Skipped),
                ending => ending,
            }
        } else if kind == WebhookDue::TYPE {
            Ending::Done
        } else if PUBLISHED.iter().any(|(known, _)| *known == kind) {
            let Ok(message) = Message::of(&envelope) else {
                tracing::error!(event.id = %envelope.id, "event is too large for a webhook");
                return Ok(Ending::Failed {
                    code: "webhook_too_large",
                });
            };
            let now = self.clock.now();
            match self.db.write(tenant, claims::ingest(&message, now)).await {
                // Nobody is left to hear of it. Who is suspended may come back: the event waits for it
                // in the dead-letter queue.
                Ok(0) | Err(DbError::Refused(Refusal::Unknown)) => return Ok(Ending::Skipped),
                Ok(_) => Ending::Done,
                Err(error) => return Err(error.into()),
            }
        } else {
            // Only newer code knows it: its message waits in the dead-letter queue for the next one.
            return Err(EnvelopeError::Type(kind.to_owned()).into());
        };
        match self.pump(tenant, deadline).await {
            Ok(_) => Ok(ending),
            // What is due stays due, for the schedule when the tenant may come in again.
            Err(DbError::Refused(Refusal::Unknown | Refusal::Suspended | Refusal::Leaving)) => {
                Ok(Ending::Skipped)
            }
            Err(error) => Err(error.into()),
        }
    }
}
