//! Hands out what is due, signed, to the sender.

use shared::db::DbError;
use shared::deadline::Deadline;
use shared::error::causes;
use shared::ids::TenantId;
use shared::jobs::{Envelope, WebhookSigned};
use shared::tenant::Tenant;
use uuid::Uuid;

use super::Dispatcher;
use crate::secret;
use crate::store::claims::{self, CLAIM_ROWS_MAX, Claim};

/// Rounds for one tenant in a row; what is left then waits for a result or the schedule.
const ROUNDS_MAX: u32 = 10;
/// Tenants looked at in one statement.
const TENANTS_ROWS_MAX: i32 = 200;
/// Such statements in one run.
const TENANT_PAGES_MAX: u32 = 100;
/// Rows that one statement removes of each kind, at most, and such statements in one run.
const SWEEP_ROWS_MAX: i32 = 200;
const SWEEPS_MAX: u32 = 10;

/// What a scheduled run has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Deliveries handed to the sender.
    pub sent: usize,
    /// Rows removed because they had served their time.
    pub removed: i32,
}

impl Dispatcher {
    /// Hands out what is due in one tenant; answers how much the sender's queue has taken.
    pub async fn pump(&self, tenant: Tenant, deadline: &Deadline) -> Result<usize, DbError> {
        let mut sent = 0;
        for _ in 0..ROUNDS_MAX {
            if deadline.near() {
                break;
            }
            let now = self.clock.now();
            let work = (claims::lock_endpoints(), claims::claim(now));
            let (_, claimed) = self.db.write(tenant, work).await?;
            let full = i64::try_from(claimed.len()).is_ok_and(|rows| rows >= CLAIM_ROWS_MAX);
            let taken = self.send(tenant, claimed).await?;
            sent += taken;
            if !full || taken == 0 {
                break;
            }
        }
        Ok(sent)
    }

    /// Signs deliveries and sends them on; what the queue does not take is given back.
    async fn send(&self, tenant: Tenant, claimed: Vec<Claim>) -> Result<usize, DbError> {
        let now = self.clock.now();
        let signed: Vec<_> = claimed
            .into_iter()
            .map(|claim| Envelope::new(tenant, now, sign(claim, now.unix_timestamp())))
            .collect();
        let load: Vec<_> = signed.iter().collect();
        let taken = self.outgoing.send_all(&load).await;
        let left: Vec<Uuid> = signed
            .iter()
            .filter(|envelope| !taken.contains(&envelope.id))
            .map(|envelope| *envelope.data.delivery_id.as_uuid())
            .collect();
        if !left.is_empty() {
            tracing::warn!(deliveries = left.len(), "not taken by the sender's queue");
            let work = (claims::lock_endpoints(), claims::release(left, now));
            self.db.write(tenant, work).await?;
        }
        Ok(taken.len())
    }

    /// Removes what has served its time, and hands out what is due in all tenants.
    ///
    /// Some of the first is done in any run, or there would be no end to it where the tenants take all
    /// the time; none of its failures keeps a tenant waiting.
    pub async fn sweep(&self, deadline: &Deadline) -> Result<Counts, DbError> {
        let removed = self.remove().await;
        let mut counts = Counts {
            sent: self.pump_all(deadline).await?,
            removed: removed?,
        };
        let mut full = counts.removed >= SWEEP_ROWS_MAX;
        for _ in 1..SWEEPS_MAX {
            if !full || deadline.near() {
                break;
            }
            let removed = self.remove().await?;
            counts.removed += removed;
            full = removed >= SWEEP_ROWS_MAX;
        }
        Ok(counts)
    }

    async fn remove(&self) -> Result<i32, DbError> {
        let sweep = claims::sweep(self.clock.now(), SWEEP_ROWS_MAX);
        self.db.without_tenant(sweep).await
    }

    /// Hands out what is due in all tenants; answers how much that was.
    ///
    /// Begins anywhere and goes round once: where a run's time is too short for all, it is not always
    /// the same tenants who wait. What fails for one tenant keeps no other waiting.
    async fn pump_all(&self, deadline: &Deadline) -> Result<usize, DbError> {
        let mut sent = 0;
        let ends = self.db.without_tenant(claims::pending_tenants()).await?;
        let Some((first, last)) = ends else {
            return Ok(sent);
        };
        let start = between(first, last);
        let (mut after, mut wrapped) = (start, false);
        for _ in 0..TENANT_PAGES_MAX {
            if deadline.near() {
                break;
            }
            let page = claims::due_tenants(self.clock.now(), after, TENANTS_ROWS_MAX);
            let page = self.db.without_tenant(page).await?;
            let full = i32::try_from(page.len()).is_ok_and(|rows| rows >= TENANTS_ROWS_MAX);
            for (id, is_due) in &page {
                after = *id;
                if *is_due && !(wrapped && *id > start) && !deadline.near() {
                    sent += self.pump_quietly(Tenant::vouched_for(*id), deadline).await;
                }
            }
            match (full, wrapped) {
                (true, true) if after > start => break,
                (true, _) => {}
                (false, true) => break,
                (false, false) => (after, wrapped) = (TenantId::from(Uuid::nil()), true),
            }
        }
        Ok(sent)
    }

    async fn pump_quietly(&self, tenant: Tenant, deadline: &Deadline) -> usize {
        match self.pump(tenant, deadline).await {
            Ok(sent) => sent,
            Err(error) => {
                let causes = causes(&error);
                tracing::error!(tenant.id = %tenant.id(), error.causes = causes, "webhooks wait");
                0
            }
        }
    }
}

/// Some identity from `first` on and before `last`, or `first` where they are one. Identities begin with
/// the time at which they were made (RFC 9562, section 5.7): one that is nothing but random is behind all
/// of them.
fn between(first: TenantId, last: TenantId) -> TenantId {
    let (first, last) = (first.as_uuid().as_u128(), last.as_uuid().as_u128());
    let off = Uuid::new_v4()
        .as_u128()
        .checked_rem(last.saturating_sub(first));
    TenantId::from(Uuid::from_u128(
        first.saturating_add(off.unwrap_or_default()),
    ))
}

fn sign(claim: Claim, signed_at: i64) -> WebhookSigned {
    WebhookSigned {
        delivery_id: claim.delivery,
        claim: claim.number,
        headers: secret::headers(claim.event, signed_at, &claim.body, &claim.secrets),
        url: claim.url,
        body: claim.body,
        signed_at,
    }
}
