//! What every handler has at hand.

use crate::clock::Clock;
use crate::config::{self, ConfigError};
use crate::db::{Database, DatabaseConfig, ReplicaConfig};
use crate::limits::Limits;

/// Clock, database and limits of one function. Cheap to clone; nothing in it has been connected.
#[derive(Clone)]
pub struct App {
    /// The time.
    pub clock: Clock,
    /// The database, as this function's own role.
    pub db: Database,
    /// The counters of what callers may ask for.
    pub limits: Limits,
}

impl App {
    /// Reads `DATABASE_URL`, `DATABASE_REPLICA_URL`, `LIMITS_TABLE`, `LIMITER_TIMEOUT_MS` and what
    /// goes with them.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            clock: Clock::System,
            db: Database::with_replica(DatabaseConfig::from_env()?, ReplicaConfig::from_env()?),
            limits: Limits::from_env(config::required("LIMITS_TABLE")?)?,
        })
    }
}
