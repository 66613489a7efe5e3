//! Counts what the other domains report as used.
//!
//! The event's own identity is the key of what it counts, so a message that is delivered twice,
//! or sent twice, counts once.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use shared::batch::{self, Delivery, Ending, Retry};
use shared::db::Database;
use shared::deadline::Deadline;
use shared::jobs::{
    EnvelopeError, Event, ProjectCreated, ProjectDeleted, ReportCancelled, ReportExpired,
    ReportFailed, ReportRequested, ReportSucceeded, SubscriptionChanged, TenantCreated,
};

use crate::domain::Subscription;
use crate::store;

/// How much of the function's time must be left for another message to be begun.
pub const MARGIN: Duration = Duration::from_secs(2);

/// What an event is counted as, in units.
const UNITS: i64 = 1;

/// What an event means to billing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// A unit of this meter.
    Count(&'static str),
    /// A tenant that has the plan `free` from now on.
    Found,
    /// Nothing.
    Nothing,
}

/// The effect of an event. One that only newer code knows is an error and not nothing: its
/// message goes to the dead-letter queue, from where it can come back after the next deployment.
fn effect_of(kind: &str) -> Result<Effect, EnvelopeError> {
    match kind {
        ProjectCreated::TYPE => Ok(Effect::Count("projects")),
        ReportSucceeded::TYPE => Ok(Effect::Count("reports")),
        TenantCreated::TYPE => Ok(Effect::Found),
        ProjectDeleted::TYPE
        | ReportRequested::TYPE
        | ReportCancelled::TYPE
        | ReportExpired::TYPE
        | ReportFailed::TYPE
        | SubscriptionChanged::TYPE => Ok(Effect::Nothing),
        unknown => Err(EnvelopeError::Type(unknown.to_owned())),
    }
}

/// Counts the messages of a batch; the answer names those that have to come again.
pub async fn handle(db: &Database, event: SqsEvent, deadline: &Deadline) -> SqsBatchResponse {
    batch::run(event, db, deadline, async |delivery| {
        count(db, delivery).await
    })
    .await
}

async fn count(db: &Database, delivery: Delivery) -> Result<Ending, Retry> {
    let envelope = delivery.envelope;
    let tenant = envelope.tenant();
    let statement = match effect_of(&envelope.kind)? {
        Effect::Count(meter) => store::record(envelope.id, meter, UNITS, envelope.occurred_at),
        Effect::Found => store::found(&Subscription::free(tenant)),
        Effect::Nothing => return Ok(Ending::Skipped),
    };
    match db.write(tenant, statement).await? {
        0 => Ok(Ending::Skipped),
        _ => Ok(Ending::Done),
    }
}
