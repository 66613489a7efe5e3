//! One report, from its message to its document.
//!
//! ```text
//! claim ─► read ─► render ─► put ─► succeed
//!       └──────────────────┴──────► fail      deterministic, or tried too often
//! ```
//!
//! A message may come twice, late, or while another worker is at it. The claim's fence decides
//! whose document counts; the object's key carries the fence, so nobody overwrites anybody.

use std::time::{Duration, Instant};

use shared::batch::{Delivery, Ending, Retry};
use shared::db::{DbError, Moment};
use shared::deadline::Deadline;
use shared::ids::ReportId;
use shared::jobs::ReportRequested;
use shared::storage::{Format, ObjectKey, StorageError};
use shared::tenant::Tenant;
use tokio::task::{JoinError, spawn_blocking};

use crate::kinds::{self, Material, Order};
use crate::pdf::{RenderError, Summary};
use crate::report::Limits;
use crate::state::Worker;
use crate::store::{self, Claim};
use crate::theme::Theme;

/// Deliveries of one message before a failure that might pass is taken for one that will not. The
/// queue gives up after as many (`maxReceiveCount` in `template.yaml`).
pub const ATTEMPTS_MAX: u32 = 5;
/// How long one document may take to be drawn, in seconds.
const RENDER_SECS_MAX: u64 = 40;
/// What is kept back of an invocation to store a document and to say so, in seconds.
const STORE_SECS: u64 = 10;

/// Why a report has no document.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Its parameters are not those of its type.
    #[error("the parameters cannot be read")]
    Params(#[source] serde_json::Error),
    /// Nobody knows how to make it.
    #[error("unknown report type {0}")]
    UnknownType(String),
    /// An amount of it does not fit into 64 bits.
    #[error("an amount is out of range")]
    Amount,
    /// It cannot be drawn.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The renderer panicked.
    #[error("the renderer stopped")]
    Stopped(#[from] JoinError),
    /// Its data cannot be read.
    #[error(transparent)]
    Database(DbError),
    /// Its document cannot be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl JobError {
    /// The word that goes into the report's problem and the logs.
    fn code(&self) -> &'static str {
        match self {
            Self::Params(_) => "invalid_params",
            Self::UnknownType(_) => "unknown_type",
            Self::Amount => "amount_out_of_range",
            Self::Render(RenderError::TooLarge { .. }) => "too_large",
            Self::Render(RenderError::OutOfTime { .. }) => "out_of_time",
            Self::Render(_) => "render",
            Self::Stopped(_) => "render_stopped",
            Self::Database(_) => "database",
            Self::Storage(_) => "storage",
        }
    }

    /// Whether the next attempt would fail the same way.
    fn permanent(&self) -> bool {
        match self {
            Self::Params(_) | Self::UnknownType(_) | Self::Amount | Self::Stopped(_) => true,
            // Out of time, the machine may have been busy: the last attempt ends it.
            Self::Render(RenderError::OutOfTime { .. }) | Self::Database(_) | Self::Storage(_) => {
                false
            }
            Self::Render(error) => error.is_permanent(),
        }
    }

    /// What the tenant reads: our own words for what is the tenant's doing, nothing about us.
    fn detail(&self) -> String {
        match self {
            Self::Params(_)
            | Self::UnknownType(_)
            | Self::Amount
            | Self::Render(RenderError::TooLarge { .. } | RenderError::OutOfTime { .. }) => {
                self.to_string()
            }
            Self::Render(_) | Self::Stopped(_) | Self::Database(_) | Self::Storage(_) => {
                "the report could not be made".to_owned()
            }
        }
    }
}

/// Handles one delivery of a request for a report.
pub async fn handle(
    worker: &Worker,
    delivery: Delivery,
    deadline: &Deadline,
) -> Result<Ending, Retry> {
    let request: ReportRequested = delivery.envelope.read()?;
    let (tenant, id) = (delivery.envelope.tenant(), request.report_id);
    let work = (
        store::claim(id, worker.lease_secs),
        store::status(id),
        store::arrived(id),
    );
    let (claim, status, _) = worker.db.write(tenant, work).await?;
    let Some(claim) = claim else {
        return match status.as_deref() {
            // Another worker's lease is running. Should that worker die, this message is what
            // brings the report back: it must not be acknowledged.
            Some("running") => Err(Retry::new("leased", "another worker has it")),
            _ => Ok(Ending::Skipped),
        };
    };
    match make(worker, tenant, id, &claim, deadline).await {
        Ok(ending) => Ok(ending),
        Err(error) if error.permanent() || delivery.attempt >= ATTEMPTS_MAX => {
            give_up(worker, tenant, id, &claim, error).await
        }
        Err(error) => Err(Retry::new(error.code(), error)),
    }
}

async fn make(
    worker: &Worker,
    tenant: Tenant,
    id: ReportId,
    claim: &Claim,
    deadline: &Deadline,
) -> Result<Ending, JobError> {
    let mut limits = Limits::default();
    let material = read(worker, tenant, claim, &limits).await?;
    limits.deadline = Some(Instant::now() + render_budget(deadline));
    let (summary, document) = render(material, claim.format, limits).await?;
    let key = ObjectKey::Report {
        tenant,
        report: id,
        fence: claim.fence,
        format: claim.format,
    };
    worker.storage.put(&key, document).await?;
    let succeed = store::succeed(id, claim, &key, &summary, &worker.clock);
    let finished = worker.db.write(tenant, succeed).await;
    match finished.map_err(JobError::Database)? {
        0 => Ok(Ending::Skipped),
        _ => Ok(Ending::Made {
            output_bytes: summary.bytes,
        }),
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
        age: (now - claim.created_at).try_into().unwrap_or_default(),
    };
    let order = Order {
        kind: &claim.kind,
        params: &claim.params,
        format: claim.format,
        tenant_name: &claim.tenant_name,
        asked_at: claim.created_at,
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
) -> Result<(Summary, Vec<u8>), JobError> {
    let rendering = spawn_blocking(move || {
        let mut document = Vec::new();
        let theme = Theme::default();
        let summary = material.render(format, &theme, &limits, &mut document)?;
        Ok::<_, RenderError>((summary, document))
    });
    Ok(rendering.await??)
}

async fn give_up(
    worker: &Worker,
    tenant: Tenant,
    id: ReportId,
    claim: &Claim,
    error: JobError,
) -> Result<Ending, Retry> {
    let code = error.code();
    tracing::error!(report.id = %id, error.code = code, error = %error, "report failed");
    let fail = store::fail(id, claim, code, &error.detail(), &worker.clock);
    match worker.db.write(tenant, fail).await? {
        0 => Ok(Ending::Skipped),
        _ => Ok(Ending::Failed { code }),
    }
}
