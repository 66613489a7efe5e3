//! What a job has at hand.

use shared::clock::Clock;
use shared::config::{self, ConfigError};
use shared::db::{Database, DatabaseConfig, ReplicaConfig};
use shared::storage::Storage;

/// How long a claim holds when `LEASE_SECONDS` does not say: a little above the function's own
/// timeout, so that a lease outlives its worker and never the message's return.
const LEASE_SECS: i32 = 90;

/// Clock, database and bucket of one worker. Cheap to clone; nothing in it has been connected.
#[derive(Clone)]
pub struct Worker {
    /// The time.
    pub clock: Clock,
    /// The database, as the worker's own role.
    pub db: Database,
    /// Where finished documents go.
    pub storage: Storage,
    /// How long a claim holds, in seconds.
    pub lease_secs: i32,
}

impl Worker {
    /// Reads `REPORTS_BUCKET`, `LEASE_SECONDS` and where the database and its replica are.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            clock: Clock::System,
            db: Database::with_replica(DatabaseConfig::from_env()?, ReplicaConfig::from_env()?),
            storage: Storage::new(config::required("REPORTS_BUCKET")?),
            lease_secs: config::parsed("LEASE_SECONDS", LEASE_SECS)?,
        })
    }
}
