//! Takes what was signed, sends it, and tells the dispatcher what came of it.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use shared::batch::{self, Delivery, Ending, Retry};
use shared::clock::{Clock, micros};
use shared::config::{self, ConfigError};
use shared::deadline::Deadline;
use shared::egress::Targets;
use shared::jobs::{Envelope, WebhookAttempted, WebhookOutcome, WebhookSigned};
use shared::queue::Queue;

use crate::call::{CallError, Caller};
use crate::resolve::SystemResolver;
use crate::settings::Settings;
use crate::tls;

/// How much of the function's time must be left for another message to be begun, in seconds: a call
/// and the sending of its result.
pub const MARGIN: Duration = Duration::from_secs(CALL_TIMEOUT_SECS + 2);
/// How long a call may take in all, in seconds.
pub const CALL_TIMEOUT_SECS: u64 = 15;
/// The age past which a signature is not sent any more, in seconds: receivers refuse it from five
/// minutes on, and by then the secret may have been replaced.
pub const SIGNATURE_SECS_MAX: i64 = 60;

/// Why an attempt has failed whose result nobody knows.
const RESULT_UNKNOWN: &str = "result_unknown";

/// The sender.
#[derive(Clone)]
pub struct Sender {
    /// The time.
    pub clock: Clock,
    /// How it calls.
    pub caller: Caller,
    /// Where results go.
    pub results: Queue,
}

impl Sender {
    /// Reads `WEBHOOK_RESULT_QUEUE_URL`, `WEBHOOK_TARGETS` and `WEBHOOK_CA_FILE`; the last two are for
    /// a local stack and refused anywhere else.
    pub fn from_env() -> Result<Self, ConfigError> {
        let results = config::required("WEBHOOK_RESULT_QUEUE_URL")?;
        let targets = config::parsed("WEBHOOK_TARGETS", Targets::Public)?;
        let authorities = config::optional("WEBHOOK_CA_FILE");
        let settings = Settings::check(targets, authorities, &results)?;
        Ok(Self {
            clock: Clock::System,
            caller: Caller {
                targets: settings.targets,
                resolver: Arc::new(SystemResolver),
                tls: tls::client(settings.authorities.as_deref())?,
                timeout: Duration::from_secs(CALL_TIMEOUT_SECS),
            },
            results: Queue::new(results),
        })
    }

    /// Sends the messages of a batch; the answer names those that have to come again, which are those
    /// whose result could not be told.
    pub async fn handle(&self, event: SqsEvent, deadline: &Deadline) -> SqsBatchResponse {
        let work = async |delivery| self.attempt(delivery).await;
        batch::run(event, None, deadline, work).await
    }

    async fn attempt(&self, delivery: Delivery) -> Result<Ending, Retry> {
        let Delivery {
            envelope, attempt, ..
        } = delivery;
        let tenant = envelope.tenant();
        let signed: WebhookSigned = envelope.read()?;
        let (started_at, began) = (self.clock.now(), Instant::now());
        let (delivery_id, claim) = (signed.delivery_id, signed.claim);
        let outcome = self.send(signed, attempt).await;
        let ending = match &outcome {
            WebhookOutcome::Answered { .. } => Ending::Done,
            WebhookOutcome::Failed { .. } => Ending::Failed {
                code: "webhook_failed",
            },
            WebhookOutcome::Stale => Ending::Skipped,
        };
        let result = WebhookAttempted {
            delivery_id,
            claim,
            started_at: micros(started_at),
            duration_ms: i32::try_from(began.elapsed().as_millis()).unwrap_or(i32::MAX),
            outcome,
        };
        let result = Envelope::new(tenant, self.clock.now(), result);
        let told = self.results.send(&result).await;
        told.map_err(|error| Retry::new("result_not_sent", error))?;
        Ok(ending)
    }

    async fn send(&self, signed: WebhookSigned, attempt: u32) -> WebhookOutcome {
        let now = self.clock.now();
        if now.unix_timestamp() - signed.signed_at > SIGNATURE_SECS_MAX {
            // Whoever had it before may have sent it, and not have been able to tell.
            return match attempt > 1 {
                true => WebhookOutcome::Failed {
                    error: RESULT_UNKNOWN.to_owned(),
                },
                false => WebhookOutcome::Stale,
            };
        }
        let call = self.caller.post(
            &signed.url,
            &signed.headers,
            signed.body,
            SystemTime::from(now),
        );
        match Box::pin(call).await {
            Ok(answer) => WebhookOutcome::Answered {
                status: answer.status,
                retry_after_secs: answer.retry_after_secs,
                response: answer.response,
            },
            Err(error) => failed(error),
        }
    }
}

fn failed(error: CallError) -> WebhookOutcome {
    WebhookOutcome::Failed {
        error: error.to_string(),
    }
}
