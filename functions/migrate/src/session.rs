//! The connection of one invocation, and who may be at work at the same time.

use std::time::Duration;

use shared::db::{self, DatabaseConfig};
use tokio_postgres::Client;

use crate::MigrateError;

/// The advisory lock of a database: held alone while all schemas are migrated, and shared while
/// one tenant is provided for.
const RUN_LOCK: i64 = 7_305_821_349_440_211;
/// How long an invocation waits for the one before it, in seconds: longer than a move waits for its
/// readers.
const RUN_LOCK_WAIT_SECS: u32 = 120;
/// How often a piece of work is begun anew when a lock was not to be had in time.
const ATTEMPTS_MAX: u32 = 5;
/// The pause before the second attempt, in milliseconds; each further one is twice as long.
const FIRST_PAUSE_MS: u64 = 250;

/// What an invocation is about to do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Run {
    /// Change every schema: nobody else may be at work.
    Alone,
    /// Provide for one tenant, beside others of the kind.
    Beside,
}

/// Connects and waits for its turn. The lock is the session's: it goes with the connection,
/// however the invocation ends.
pub(crate) async fn begin(database: &DatabaseConfig, run: Run) -> Result<Client, MigrateError> {
    let client = db::open(database).await?;
    let lock = match run {
        Run::Alone => "pg_advisory_lock",
        Run::Beside => "pg_advisory_lock_shared",
    };
    client
        .batch_execute(&format!(
            "SET lock_timeout = '{RUN_LOCK_WAIT_SECS}s'; SELECT {lock}({RUN_LOCK})"
        ))
        .await?;
    Ok(client)
}

/// Runs `attempt` until it succeeds or fails for a reason that a moment's patience does not mend.
pub(crate) async fn patiently<T>(
    what: &str,
    mut attempt: impl AsyncFnMut() -> Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    let mut count = 1;
    let mut pause = Duration::from_millis(FIRST_PAUSE_MS);
    loop {
        match attempt().await {
            Err(error) if error.is_transient() && count < ATTEMPTS_MAX => {
                tracing::warn!(what, error = %error, attempt = count, "is tried again");
                tokio::time::sleep(pause).await;
                count += 1;
                pause *= 2;
            }
            outcome => return outcome,
        }
    }
}
