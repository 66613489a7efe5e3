//! What goes on beside a rendering: its claim is renewed, its message is kept hidden, its progress is
//! written down, and it is stopped when nobody wants it any more.
//!
//! One statement renews the claim and learns whether it still holds: a report that was called off, or
//! that another worker has overtaken, is not this one's to renew.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join;
use shared::ids::ReportId;
use shared::tenant::Tenant;
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::progress::Progress;
use crate::state::Worker;
use crate::store;

/// The pause between two beats at most, in seconds: as long a cancelled report may go on.
const BEAT_SECS_MAX: u64 = 5;
/// Beats in the time of a lease, so that some may be missed.
const BEATS_PER_LEASE: u64 = 6;

/// The claim that is to be kept, and what keeps it.
pub struct Heartbeat<'a> {
    /// Database and queue.
    pub worker: &'a Worker,
    /// Whose report it is.
    pub tenant: Tenant,
    /// The report.
    pub report: ReportId,
    /// The number of the claim.
    pub fence: i64,
    /// What the queue knows the message by.
    pub receipt: Option<&'a str>,
    /// How far the work is.
    pub progress: &'a Arc<Progress>,
}

impl Heartbeat<'_> {
    /// Waits for `work`, and beats meanwhile.
    pub async fn beside<T>(&self, work: impl Future<Output = T>) -> T {
        let done = Notify::new();
        let work = async {
            let output = work.await;
            done.notify_one();
            output
        };
        let (output, ()) = join(work, self.until(&done)).await;
        output
    }

    async fn until(&self, done: &Notify) {
        let lease_secs = u64::try_from(self.worker.lease_secs).unwrap_or(0);
        let pause = Duration::from_secs((lease_secs / BEATS_PER_LEASE).clamp(1, BEAT_SECS_MAX));
        loop {
            tokio::select! {
                () = done.notified() => return,
                () = sleep(pause) => {}
            }
            // To its end: given up half-way, it would cost the connection.
            self.beat().await;
        }
    }

    /// A beat that fails is made good by the next one, or the claim runs out.
    async fn beat(&self) {
        let (worker, rows) = (self.worker, self.progress.rows());
        let beat = store::beat(self.report, self.fence, worker.lease_secs, rows);
        match worker.db.write(self.tenant, beat).await {
            Ok(0) => self.progress.stop(),
            Ok(_) => worker.hide(self.receipt, worker.lease_secs + 1).await,
            Err(error) => {
                tracing::warn!(report.id = %self.report, error = %error, "claim not renewed");
            }
        }
    }
}
