//! One report, from its message to its document.
//!
//! ```text
//! claim ─► read ─► render ─► put ─► succeed
//!  │    └──────────────────┴──────► fail      deterministic, or tried too often
//!  │                       └──────► release   for the next delivery
//!  └─► park                                   as many of the tenant's run as may
//! ```
//!
//! A message may come twice, late, or while another worker is at it. The claim's fence decides
//! whose document counts; the object's key carries the fence, so nobody overwrites anybody.
//!
//! Whoever ends a report, in whatever way, wakes the tenant's oldest parked one in the same
//! transaction.

use std::sync::Arc;
use std::time::{Duration, Instant};

use shared::batch::{Delivery, Ending, Retry};
use shared::db::{DbError, Moment, Statement};
use shared::deadline::Deadline;
use shared::ids::ReportId;
use shared::jobs::ReportRequested;
use shared::storage::{Format, ObjectKey};
use shared::tenant::Tenant;
use tokio::task::spawn_blocking;

use crate::heartbeat::Heartbeat;
use crate::kinds::{self, Material, Order};
use crate::pdf::{RenderError, Summary};
use crate::progress::Progress;
use crate::report::Limits;
use crate::state::Worker;
use crate::store::{self, Asked, Claim};

mod error;

pub use error::JobError;

/// Claims of one report before a failure that might pass is taken for one that will not.
///
/// Whichever messages they came by: parking ends one, and waking begins another. The queue gives up
/// after as many deliveries of one (`maxReceiveCount` in `template.yaml`).
pub const ATTEMPTS_MAX: u32 = 5;
/// How long one document may take to be drawn, in seconds.
const RENDER_SECS_MAX: u64 = 40;
/// What is kept back of an invocation to store a document and to say so, in seconds.
const STORE_SECS: u64 = 15;
/// After how long a request comes again whose first attempt failed, in seconds; it doubles with each
/// further one.
const RETRY_SECS: i32 = 15;

/// Handles one delivery of a request for a report.
pub async fn handle(
    worker: &Worker,
    delivery: Delivery,
    deadline: &Deadline,
) -> Result<Ending, Retry> {
    let request: ReportRequested = delivery.envelope.read()?;
    let (tenant, id) = (delivery.envelope.tenant(), request.report_id);
    let receipt = delivery.receipt.as_deref();
    let work = (
        store::lane(),
        store::claim(id, worker.lease_secs),
        (store::lease(id), store::arrived(id)),
    );
    let (_, asked, (lease, _)) = worker.db.write(tenant, work).await?;
    let claim = match (asked, lease) {
        (Some(Asked::Claimed(claim)), _) => claim,
        (Some(Asked::Parked), _) => {
            tracing::info!(report.id = %id, "parked: as many of the tenant's run as may");
            return Ok(Ending::Skipped);
        }
        // Should the worker that has it die, this message is what brings the report back: it must
        // not be acknowledged.
        (None, Some(secs)) => {
            worker.hide(receipt, secs + 1).await;
            return Err(Retry::new("leased", "another worker has it"));
        }
        (None, None) => return Ok(Ending::Skipped),
    };
    let job = Job {
        worker,
        tenant,
        id,
        claim,
        progress: Arc::default(),
    };
    match job.run(receipt, deadline).await {
        Ok(ending) => Ok(ending),
        // Called off, or overtaken: whoever did so has seen to the rest.
        Err(_) if job.progress.stopped() => Ok(Ending::Skipped),
        Err(error) if error.permanent() || job.claim.attempts >= ATTEMPTS_MAX => {
            job.give_up(error).await
        }
        Err(error) => {
            job.give_back(receipt).await;
            Err(Retry::new(error.code(), error))
        }
    }
}

/// A report that was claimed.
struct Job<'a> {
    worker: &'a Worker,
    tenant: Tenant,
    id: ReportId,
    claim: Claim,
    progress: Arc<Progress>,
}

impl Job<'_> {
    async fn run(&self, receipt: Option<&str>, deadline: &Deadline) -> Result<Ending, JobError> {
        let heartbeat = Heartbeat {
            worker: self.worker,
            tenant: self.tenant,
            report: self.id,
            fence: self.claim.fence,
            receipt,
            progress: &self.progress,
        };
        // On the heap: both are large, and copied about otherwise.
        let made = Box::pin(heartbeat.beside(Box::pin(self.make(deadline)))).await;
        let Some((key, summary)) = made? else {
            return Ok(Ending::Skipped);
        };
        let succeed = store::succeed(self.id, &self.claim, &key, &summary, &self.worker.clock);
        if self.end(succeed).await.map_err(JobError::Database)? > 0 {
            return Ok(Ending::Made {
                output_bytes: summary.bytes,
            });
        }
        // Its key is this claim's own, so nobody will ever ask for it.
        if let Err(error) = self.worker.storage.remove(&[key.to_string()]).await {
            tracing::warn!(report.id = %self.id, error = %error, "document left behind");
        }
        Ok(Ending::Skipped)
    }

    /// Makes the document and stores it; `None` when it was stopped.
    async fn make(
        &self,
        deadline: &Deadline,
    ) -> Result<Option<(ObjectKey<'static>, Summary)>, JobError> {
        let mut limits = self.worker.limits.clone();
        let material = read(self.worker, self.tenant, &self.claim, &limits).await?;
        limits.deadline = Some(Instant::now() + render_budget(deadline));
        let progress = Arc::clone(&self.progress);
        let (summary, document) = render(material, self.claim.format, limits, progress).await?;
        if self.progress.stopped() {
            return Ok(None);
        }
        let key = ObjectKey::Report {
            tenant: self.tenant,
            report: self.id,
            fence: self.claim.fence,
            format: self.claim.format,
        };
        self.worker.storage.put(&key, document).await?;
        Ok(Some((key, summary)))
    }

    /// Runs what ends the claim, and sends the request of whoever's turn it is then.
    async fn end(&self, ending: Statement<u64>) -> Result<u64, DbError> {
        let work = (store::lane(), ending, store::wake());
        let (_, ended, woken) = self.worker.db.write(self.tenant, work).await?;
        self.worker.send(self.tenant, woken).await;
        Ok(ended)
    }

    /// Lets the next delivery find the report waiting. Where that fails, it finds the lease.
    async fn give_back(&self, receipt: Option<&str>) {
        if let Err(error) = self.end(store::release(self.id, &self.claim)).await {
            tracing::warn!(report.id = %self.id, error = %error, "claim not given back");
        }
        let secs =
            RETRY_SECS.saturating_mul(1 << self.claim.attempts.saturating_sub(1).min(ATTEMPTS_MAX));
        self.worker.hide(receipt, secs).await;
    }

    async fn give_up(&self, error: JobError) -> Result<Ending, Retry> {
        let code = error.code();
        tracing::error!(report.id = %self.id, error.code = code, error = %error, "report failed");
        let fail = store::fail(
            self.id,
            &self.claim,
            code,
            &error.detail(),
            &self.worker.clock,
        );
        match self.end(fail).await? {
            0 => Ok(Ending::Skipped),
            _ => Ok(Ending::Failed { code }),
        }
    }
}

/// How long drawing may take: no longer than the invocation lasts, less what follows.
fn render_budget(deadline: &Deadline) -> Duration {
    let most = Duration::from_secs(RENDER_SECS_MAX);
    let left = deadline.left().unwrap_or(Duration::MAX);
    most.min(left.saturating_sub(Duration::from_secs(STORE_SECS)))
}

async fn read(
    worker: &Worker,
    tenant: Tenant,
    claim: &Claim,
    limits: &Limits,
) -> Result<Material, JobError> {
    let now = worker.clock.now();
    let moment = Moment {
        position: claim.asked_at,
        age: (now - claim.asked_on).try_into().unwrap_or_default(),
    };
    let order = Order {
        kind: &claim.kind,
        params: &claim.params,
        format: claim.format,
        tenant_name: &claim.tenant_name,
        asked_at: claim.asked_on,
        now,
        limits,
    };
    kinds::read(&worker.db, tenant, moment, &order).await
}

/// Renders off the async thread, which goes on serving the connection to the database.
async fn render(
    material: Material,
    format: Format,
    limits: Limits,
    progress: Arc<Progress>,
) -> Result<(Summary, Vec<u8>), JobError> {
    let rendering = spawn_blocking(move || {
        let mut document = Vec::new();
        let summary = material.render(format, &limits, progress, &mut document)?;
        Ok::<_, RenderError>((summary, document))
    });
    Ok(rendering.await??)
}
