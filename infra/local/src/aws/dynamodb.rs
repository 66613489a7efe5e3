//! DynamoDB, by dynoxide on `SQLite`.

use std::{path::PathBuf, time::Duration};

use dynoxide::{Database, server::serve_with_shutdown};
use tokio::time::interval;

use super::{
    ServicesError,
    listen::{Endpoint, Stop},
};

/// How often items past their TTL are removed; AWS takes hours to do so.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// Serves the database in `file`, or one in memory.
pub(super) async fn start(file: Option<PathBuf>) -> Result<Endpoint, ServicesError> {
    let path = file.clone().unwrap_or_default();
    let unusable = |error: dynoxide::DynoxideError| ServicesError::Data {
        service: "DynamoDB",
        path,
        reason: error.to_string(),
    };
    let database = open(file).map_err(unusable)?;
    Endpoint::start(|listener, stop: Stop| async move {
        let serving = serve_with_shutdown(listener, database.clone(), stop.asked());
        tokio::select! {
            // It can fail to accept only, and then its clients say so.
            outcome = serving => drop(outcome),
            () = sweep(database) => {}
        }
    })
    .await
}

fn open(file: Option<PathBuf>) -> dynoxide::Result<Database> {
    let Some(file) = file else {
        return Database::memory();
    };
    let database = Database::new(&file.to_string_lossy())?;
    // No fsync: the file outlives every process, though not a power failure, at 1/25 of the time.
    database.enable_bulk_loading()?;
    Ok(database)
}

async fn sweep(database: Database) {
    let mut ticks = interval(SWEEP_EVERY);
    loop {
        ticks.tick().await;
        let database = database.clone();
        // A sweep that failed is repeated at the next tick.
        drop(tokio::task::spawn_blocking(move || database.sweep_ttl()).await);
    }
}
