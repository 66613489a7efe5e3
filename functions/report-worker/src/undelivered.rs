//! Requests for reports that were delivered too often: their reports fail, and their tenants hear of it.
//!
//! They come from the dead-letter queue. What cannot be read stays there, for a person to look at, and
//! so does what concerns a tenant that may not come in.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::batch::{self, Delivery, Ending, Retry};
use shared::db::{DbError, Refusal};
use shared::deadline::Deadline;
use shared::ids::TenantId;
use shared::jobs::ReportRequested;

use crate::state::Worker;
use crate::store;

/// How much of the function's time must be left for another message to be begun.
pub const MARGIN: Duration = Duration::from_secs(3);
/// Reports that one command queues again, at most.
pub const REDRIVEN_ROWS_MAX: i32 = 1_000;

/// An event of this function: a batch of its queue, or an operator's command.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub enum Invocation {
    /// From the queue.
    Batch(SqsEvent),
    /// From an operator.
    Command(Command),
}

/// What an operator can have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Reports that failed for want of delivery are queued again.
    Redrive {
        /// Whose; everybody's where it is missing.
        #[serde(default)]
        tenant_id: Option<TenantId>,
        /// How many at most, 1 to [`REDRIVEN_ROWS_MAX`].
        #[serde(default = "redriven_rows_max")]
        max_rows: i32,
    },
}

fn redriven_rows_max() -> i32 {
    REDRIVEN_ROWS_MAX
}

impl TryFrom<Value> for Invocation {
    type Error = serde_json::Error;

    fn try_from(event: Value) -> Result<Self, Self::Error> {
        match event.get("Records").is_some() {
            true => serde_json::from_value(event).map(Self::Batch),
            false => serde_json::from_value(event).map(Self::Command),
        }
    }
}

/// What an invocation answers.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// The messages that have to come again.
    Batch(SqsBatchResponse),
    /// How many reports wait again. The relay sends their requests.
    Redriven {
        /// Reports.
        queued: i32,
    },
}

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It asks for none, or for more than one command may.
    #[error("max_rows must be from 1 to {REDRIVEN_ROWS_MAX}")]
    Rows,
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Does what the event says.
pub async fn perform(
    worker: &Worker,
    event: Invocation,
    deadline: &Deadline,
) -> Result<Answer, CommandError> {
    match event {
        Invocation::Batch(batch) => {
            let handle = async |delivery| give_up(worker, delivery).await;
            let answer = batch::run(batch, &worker.db, deadline, handle).await;
            Ok(Answer::Batch(answer))
        }
        Invocation::Command(Command::Redrive { max_rows, .. })
            if !(1..=REDRIVEN_ROWS_MAX).contains(&max_rows) =>
        {
            Err(CommandError::Rows)
        }
        Invocation::Command(Command::Redrive {
            tenant_id,
            max_rows,
        }) => {
            let redrive = store::redrive(tenant_id, max_rows);
            let queued = worker.db.without_tenant(redrive).await?;
            tracing::info!(queued, "reports are queued again");
            Ok(Answer::Redriven { queued })
        }
    }
}

async fn give_up(worker: &Worker, delivery: Delivery) -> Result<Ending, Retry> {
    let request: ReportRequested = delivery.envelope.read()?;
    let (tenant, id) = (delivery.envelope.tenant(), request.report_id);
    let exhaust = store::exhaust(id, delivery.envelope.id, &worker.clock);
    let work = (store::lane(), (exhaust, store::lease(id)), store::wake());
    let (_, (ended, lease), woken) = match worker.db.write(tenant, work).await {
        Ok(output) => output,
        Err(DbError::Refused(Refusal::Unknown)) => return Ok(Ending::Skipped),
        Err(error) => return Err(error.into()),
    };
    worker.send(tenant, woken).await;
    match (ended, lease) {
        (0, Some(_)) => Err(Retry::new("leased", "a worker has it")),
        (0, None) => Ok(Ending::Skipped),
        _ => {
            tracing::error!(report.id = %id, error.code = store::EXHAUSTED, "report failed");
            Ok(Ending::Failed {
                code: store::EXHAUSTED,
            })
        }
    }
}
