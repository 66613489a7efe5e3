//! What a job has at hand.

use shared::clock::Clock;
use shared::config::{self, ConfigError};
use shared::db::{Database, DatabaseConfig, ReplicaConfig};
use shared::jobs::{Envelope, ReportRequested};
use shared::queue::Queue;
use shared::storage::Storage;
use shared::tenant::Tenant;

use crate::report::Limits;
use crate::store::Woken;

/// How long a claim holds when `LEASE_SECONDS` does not say: a little above the function's own
/// timeout, so that a lease outlives its worker and never the message's return.
const LEASE_SECS: i32 = 90;

/// Clock, database, bucket and queue of one worker. Cheap to clone; nothing in it has been connected.
#[derive(Clone)]
pub struct Worker {
    /// The time.
    pub clock: Clock,
    /// The database, as the worker's own role.
    pub db: Database,
    /// Where finished documents go.
    pub storage: Storage,
    /// Where requests come from.
    pub queue: Queue,
    /// How long a claim holds, in seconds.
    pub lease_secs: i32,
    /// How large a report may get; each has a deadline of its own.
    pub limits: Limits,
}

impl Worker {
    /// Reads `REPORTS_BUCKET`, `REPORT_QUEUE_URL`, `LEASE_SECONDS`, `REPORT_ROWS_MAX` and where the
    /// database is. Who reads reports' rows has a replica as well.
    pub fn from_env(replica: Option<ReplicaConfig>) -> Result<Self, ConfigError> {
        Ok(Self {
            clock: Clock::System,
            db: Database::with_replica(DatabaseConfig::from_env()?, replica),
            storage: Storage::new(config::required("REPORTS_BUCKET")?),
            queue: Queue::new(config::required("REPORT_QUEUE_URL")?),
            lease_secs: config::parsed("LEASE_SECONDS", LEASE_SECS)?,
            limits: Limits::from_environment()?,
        })
    }

    /// Hides a message that is being worked on, or that has to come again, for so many seconds. Where
    /// that fails it comes back when the queue says.
    pub async fn hide(&self, receipt: Option<&str>, secs: i32) {
        let Some(receipt) = receipt else { return };
        if let Err(error) = self.queue.hide(receipt, secs).await {
            tracing::warn!(error = %error, "message not hidden");
        }
    }

    /// Sends the requests of reports whose turn it is; what fails is left to the relay.
    pub async fn send(&self, tenant: Tenant, woken: Vec<Woken>) {
        for Woken {
            report,
            event,
            occurred_at,
        } in woken
        {
            let request = ReportRequested { report_id: report };
            let request = Envelope::again(tenant, event, occurred_at, request);
            if let Err(error) = self.queue.send(&request).await {
                tracing::warn!(report.id = %report, error = %error, "left to the relay");
            }
        }
    }
}
