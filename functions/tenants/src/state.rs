//! What the function has at hand.

use std::time::Duration;

use shared::clock::Clock;
use shared::config::{self, ConfigError};
use shared::db::{Database, DatabaseConfig, Door};
use shared::limits::DynamoDbLimiter;
use shared::storage::Storage;

/// How much of the function's time must be left for another step to be begun: one page of rows, or
/// one of objects, takes less.
pub const MARGIN: Duration = Duration::from_secs(30);

/// Everything that a tenant's end has to do with. Nothing in it has been connected.
pub struct Tenants {
    /// The time.
    pub clock: Clock,
    /// The database, as this function's own role and through its own door.
    pub db: Database,
    /// Where tenants' objects are.
    pub storage: Storage,
    /// Where their requests are counted.
    pub limits: DynamoDbLimiter,
    /// The issuer's name, for certificates.
    pub issuer: String,
    /// The issuer's private key, as PEM.
    pub signing_key: String,
}

impl Tenants {
    /// Reads `DATABASE_URL` and what goes with it, `REPORTS_BUCKET`, `LIMITS_TABLE`, `TOKEN_ISSUER`
    /// and `TOKEN_SIGNING_KEY`.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            clock: Clock::System,
            db: Database::behind(Door::Leaving, DatabaseConfig::from_env()?),
            storage: Storage::new(config::required("REPORTS_BUCKET")?),
            limits: DynamoDbLimiter::lazy(config::required("LIMITS_TABLE")?),
            issuer: config::required("TOKEN_ISSUER")?,
            signing_key: config::required("TOKEN_SIGNING_KEY")?,
        })
    }
}
