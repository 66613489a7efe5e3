//! A batch of messages from a queue: each on its own, none at the cost of its neighbours.
//!
//! ```text
//! SQS record ──► envelope ──► handler ──► acknowledged        Ending
//!            └──────────────┴───────────► delivered again     Retry, panic, out of time
//! ```
//!
//! **Invariant:** [`run`] never fails. What has to come again is named in its answer
//! (`ReportBatchItemFailures`,
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>); whatever comes
//! again too often, the queue itself moves to its dead-letter queue.
//!
//! Messages are handled one after the other: an execution environment has one connection to the
//! database, and memory stays that of one message.

use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::str::FromStr;
use std::time::{Duration, Instant};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::FutureExt;
use serde_json::value::RawValue;
use time::OffsetDateTime;

use crate::clock::from_micros;
use crate::db::{Database, DbError, Refusal};
use crate::deadline::Deadline;
use crate::error::causes;
use crate::jobs::{Envelope, EnvelopeError};
use crate::telemetry::{JobOutcome, JobRecord};

/// The name under which a message is recorded that is no envelope.
const UNREADABLE: &str = "unreadable";

/// A message that could be opened.
#[derive(Debug)]
pub struct Delivery {
    /// What it says.
    pub envelope: Envelope<Box<RawValue>>,
    /// Which delivery of the message this is, from 1.
    pub attempt: u32,
    /// What the queue knows this delivery by; `None` where the host named none.
    pub receipt: Option<String>,
}

/// How the work on a message ended that need not come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It is done.
    Done,
    /// It is done, and something of this size was made.
    Made {
        /// Bytes.
        output_bytes: u64,
    },
    /// There was nothing to do, or nothing left to do.
    Skipped,
    /// It cannot be done, now or later, and whoever asked for it has been told.
    Failed {
        /// Why, in one word.
        code: &'static str,
    },
}

/// Why a message has to come again.
#[derive(Debug, thiserror::Error)]
#[error("{code}")]
pub struct Retry {
    code: &'static str,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl Retry {
    /// A reason in one word, and what is behind it.
    pub fn new(code: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            code,
            source: source.into(),
        }
    }
}

impl From<DbError> for Retry {
    fn from(error: DbError) -> Self {
        let code = match error {
            DbError::Unreachable(_) | DbError::NoTls | DbError::Silent => "database_unreachable",
            DbError::RoleNotHeld(_) => "database_role_not_held",
            DbError::Refused(Refusal::Moving) => "tenant_moving",
            DbError::Refused(_) => "tenant_refused",
            DbError::Busy(_) => "database_busy",
            DbError::Timeout(_) => "database_timeout",
            _ => "database",
        };
        Self::new(code, error)
    }
}

impl From<EnvelopeError> for Retry {
    /// It will not be readable next time either, but only the queue can put it aside for good.
    fn from(error: EnvelopeError) -> Self {
        match error {
            // The parser's own words quote the message, and messages are not for logs.
            EnvelopeError::Malformed(error) => {
                let (line, column) = (error.line(), error.column());
                let place = format!("no envelope from line {line}, column {column} on");
                Self::new(UNREADABLE, place)
            }
            other => Self::new(UNREADABLE, other),
        }
    }
}

/// Handles each message of a batch, and answers with those that have to come again.
///
/// That is every message that is no envelope, whose handler said so or panicked, that was still
/// at work when the time was up, or that was not begun because the deadline was
/// [near](Deadline::near). `db` is asked for its use only; a function may have none.
pub async fn run<'a, H>(
    event: SqsEvent,
    db: impl Into<Option<&'a Database>>,
    deadline: &Deadline,
    handle: H,
) -> SqsBatchResponse
where
    H: AsyncFn(Delivery) -> Result<Ending, Retry>,
{
    let db = db.into();
    let mut answer = SqsBatchResponse::default();
    let mut left_over = 0_u32;
    for message in event.records {
        // A failure without a name makes Lambda repeat the whole batch: better than losing one.
        let id = message.message_id.clone().unwrap_or_default();
        if deadline.near() {
            left_over += 1;
            answer.add_failure(id);
        } else if !settle(&id, &message, db, deadline, &handle).await {
            answer.add_failure(id);
        }
    }
    if left_over > 0 {
        tracing::warn!(messages = left_over, "no time left to begin all messages");
    }
    answer
}

/// Handles one message and records it; false when it has to come again.
async fn settle<H>(
    id: &str,
    message: &SqsMessage,
    db: Option<&Database>,
    deadline: &Deadline,
    handle: &H,
) -> bool
where
    H: AsyncFn(Delivery) -> Result<Ending, Retry>,
{
    let trips = || db.map(Database::trips).unwrap_or_default();
    let (at, began, before) = (deadline.now(), Instant::now(), trips());
    let attempt = attribute(message, "ApproximateReceiveCount").unwrap_or(1);
    let opened = Envelope::open(message.body.as_deref().unwrap_or_default());
    let (mut job, mut event, mut tenant) = (UNREADABLE.to_owned(), None, None);
    let result = match opened {
        Ok(envelope) => {
            job.clone_from(&envelope.kind);
            (event, tenant) = (Some(envelope.id), Some(envelope.tenant().id()));
            // On the heap: a handler that connects to something is too large to be copied about.
            let work = Box::pin(handle(Delivery {
                envelope,
                attempt,
                receipt: message.receipt_handle.clone(),
            }));
            contain(deadline, work).await
        }
        Err(error) => Err(error.into()),
    };
    let (outcome, output_bytes, error_code) = match &result {
        Ok(Ending::Done) => (JobOutcome::Done, 0, None),
        Ok(Ending::Made { output_bytes }) => (JobOutcome::Done, *output_bytes, None),
        Ok(Ending::Skipped) => (JobOutcome::Skipped, 0, None),
        Ok(Ending::Failed { code }) => (JobOutcome::Failed, 0, Some(*code)),
        Err(retry) => (JobOutcome::Retried, 0, Some(retry.code)),
    };
    JobRecord {
        at,
        job: &job,
        outcome,
        message_id: id,
        event,
        tenant,
        attempt,
        duration: began.elapsed(),
        queue_wait: waited(message, at),
        output_bytes,
        database: (trips() - before).into(),
        error_code,
    }
    .emit();
    if let Err(retry) = &result {
        tracing::warn!(
            message.id = id,
            error.code = retry.code,
            error.causes = causes(&*retry.source),
            "message has to come again"
        );
    }
    result.is_ok()
}

/// Keeps a panic and a hanging handler from the other messages.
async fn contain(
    deadline: &Deadline,
    work: impl Future<Output = Result<Ending, Retry>>,
) -> Result<Ending, Retry> {
    match deadline.hold(AssertUnwindSafe(work).catch_unwind()).await {
        Some(Ok(result)) => result,
        Some(Err(_)) => Err(Retry::new("panic", "the handler panicked")),
        None => Err(Retry::new("out_of_time", "the handler was still at work")),
    }
}

/// Lambda hands the queue's own numbers over as texts.
fn attribute<T: FromStr>(message: &SqsMessage, name: &str) -> Option<T> {
    message.attributes.get(name)?.parse().ok()
}

fn waited(message: &SqsMessage, at: OffsetDateTime) -> Duration {
    let sent_ms = attribute(message, "SentTimestamp").unwrap_or(i64::MAX);
    let sent_at = from_micros(sent_ms.saturating_mul(1_000));
    Duration::try_from(at - sent_at).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests;
