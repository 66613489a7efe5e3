//! Judges what the sender brings back.

use shared::batch::{Ending, Retry};
use shared::db::{Access, DbError, Refusal, Statement, Transaction};
use shared::error::ApiError;
use shared::ids::EndpointId;
use shared::jobs::{
    Envelope, WebhookAttempted, WebhookDue, WebhookEndpointDisabled, WebhookOutcome,
};
use shared::outbox;
use shared::queue::DELAY_SECS_MAX;
use shared::tenant::Tenant;
use time::{Duration, OffsetDateTime};

use super::Dispatcher;
use crate::schedule::{Next, Reason, Verdict, judge};
use crate::store::claims::AGAIN_SECS;
use crate::store::results::{self, Found};

/// What a result has led to.
enum Settled {
    /// Nothing: it was known, or is about something that is gone.
    Known,
    /// The delivery has come to its end, or is due at once.
    Done,
    /// The delivery goes on then.
    Waits(EndpointId, OffsetDateTime),
}

/// Why a result could not be written down.
#[derive(Debug, thiserror::Error)]
enum SettleError {
    #[error(transparent)]
    Database(#[from] DbError),
    #[error(transparent)]
    Notice(#[from] ApiError),
}

impl Dispatcher {
    /// Writes a result down, and what follows from it.
    pub(super) async fn settle(
        &self,
        tenant: Tenant,
        result: &WebhookAttempted,
    ) -> Result<Ending, Retry> {
        let now = self.clock.now();
        let work =
            async |transaction: &mut Transaction<'_>| weigh(transaction, tenant, result, now).await;
        match self.db.transaction(tenant, Access::Write, work).await {
            Ok(Settled::Done) => Ok(Ending::Done),
            Ok(Settled::Waits(endpoint, at)) => {
                self.wake(tenant, endpoint, at, now).await;
                Ok(Ending::Done)
            }
            // A tenant that may not come in is sent to again when that changes.
            Ok(Settled::Known)
            | Err(SettleError::Database(DbError::Refused(
                Refusal::Unknown | Refusal::Suspended | Refusal::Leaving,
            ))) => Ok(Ending::Skipped),
            Err(SettleError::Database(error)) => Err(error.into()),
            Err(SettleError::Notice(error)) => Err(Retry::new("notice", error)),
        }
    }

    /// Has the endpoint looked at when its next attempt is due, where the schedule would be late for
    /// that. The schedule stands in for what is lost here.
    async fn wake(
        &self,
        tenant: Tenant,
        endpoint: EndpointId,
        at: OffsetDateTime,
        now: OffsetDateTime,
    ) {
        let secs = (at - now).whole_seconds().saturating_add(1);
        let secs = i32::try_from(secs).unwrap_or(i32::MAX);
        if secs > DELAY_SECS_MAX {
            return;
        }
        let event = WebhookDue {
            endpoint_id: endpoint,
        };
        let event = Envelope::new(tenant, now, event);
        if let Err(error) = self.events.send_after(&event, secs).await {
            tracing::warn!(error = %error, "left to the schedule");
        }
    }
}

async fn weigh(
    transaction: &mut Transaction<'_>,
    tenant: Tenant,
    result: &WebhookAttempted,
    now: OffsetDateTime,
) -> Result<Settled, SettleError> {
    let id = result.delivery_id;
    let steps = (results::lock_endpoint(id), results::find(id));
    let (_, found) = transaction.run(steps).await?;
    let Some(found) = found else {
        return Ok(Settled::Known);
    };
    let is_current = found.is_pending && found.is_claimed && found.claims == result.claim;
    if result.outcome == WebhookOutcome::Stale {
        if !is_current {
            return Ok(Settled::Known);
        }
        // Nothing was sent, so nothing is counted. Its endpoint's minute has ended since.
        let at = now + Duration::seconds(AGAIN_SECS);
        let again = results::settle(id, Next::Again(at), found.standing.tries, now);
        transaction.finish(again).await?;
        return Ok(Settled::Waits(found.endpoint, at));
    }
    let attempt = results::add_attempt(result);
    let verdict = judge(found.standing, &result.outcome, now);
    // A success is one, however late its news are. A late failure is none.
    let arrived = found.is_pending && verdict.next == Next::Succeeded;
    if !(is_current || arrived) {
        transaction.finish(attempt).await?;
        return Ok(Settled::Known);
    }
    let settle = results::settle(id, verdict.next, verdict.tries, now);
    let change = endpoint_change(&found, verdict, tenant, now)?;
    transaction.finish((attempt, settle, change)).await?;
    Ok(match verdict.next {
        Next::Again(at) => Settled::Waits(found.endpoint, at),
        Next::Succeeded | Next::Failed => Settled::Done,
    })
}

/// What is new about an endpoint, and the notice of it for its tenant.
type EndpointChange = Option<(Statement<u64>, Option<Statement<u64>>)>;

fn endpoint_change(
    found: &Found,
    verdict: Verdict,
    tenant: Tenant,
    now: OffsetDateTime,
) -> Result<EndpointChange, ApiError> {
    // One that its owner has paused meanwhile stays so.
    let disable = verdict.disable.filter(|_| found.endpoint_is_active);
    if disable.is_none() && verdict.failing_since == found.standing.failing_since {
        return Ok(None);
    }
    let mark = results::mark_endpoint(found.endpoint, verdict.failing_since, disable, now);
    let notice = disable.map(|reason| notice(found, reason, tenant, now));
    Ok(Some((mark, notice.transpose()?)))
}

fn notice(
    found: &Found,
    reason: Reason,
    tenant: Tenant,
    now: OffsetDateTime,
) -> Result<Statement<u64>, ApiError> {
    let event = WebhookEndpointDisabled {
        endpoint_id: found.endpoint,
        reason: reason.as_str().to_owned(),
    };
    let about = format!("{}:{}", found.endpoint, found.endpoint_version);
    outbox::emit(&Envelope::new(tenant, now, event), about)
}
