//! The run: one at a time, retried when a lock is not to be had, linted at the end.

use std::time::Duration;

use refinery::Target;
use serde::Serialize;
use shared::db::{self, DatabaseConfig};
use tokio_postgres::Client;

use crate::lint::{self, Finding, Strictness};
use crate::{MigrateError, embedded};

/// The advisory lock that a run holds in its database.
const RUN_LOCK: i64 = 7_305_821_349_440_211;
/// How long a run waits for the one before it, in seconds.
const RUN_LOCK_WAIT_SECS: u32 = 60;
/// How often a run is begun anew when a table's lock was not to be had in time.
const ATTEMPTS_MAX: u32 = 5;
/// The pause before the second attempt, in milliseconds; each further one is twice as long.
const FIRST_PAUSE_MS: u64 = 250;
/// Where the applied versions are kept: not on the `search_path` of any migration or service.
const HISTORY_TABLE: &str = "public.schema_history";

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// The versions that were missing and are applied now, in order; empty when up to date.
    pub versions: Vec<i32>,
    /// What the linter advises and did not insist on.
    pub warnings: Vec<Finding>,
}

/// Applies what is missing to the database of `owner_url`, then lints it.
///
/// The URL's user must own the database and be allowed to create roles; it need not be a
/// superuser. Several calls at once are safe: they wait for one another, up to 60 s.
pub async fn apply(owner_url: &str) -> Result<Applied, MigrateError> {
    run(&database(owner_url)?, Strictness::Advising).await
}

/// As [`apply`], and refuses a server whose known row-security holes are not patched.
pub async fn apply_strict(owner_url: &str) -> Result<Applied, MigrateError> {
    run(&database(owner_url)?, Strictness::Insisting).await
}

/// Applies what is missing up to and including `version`, and looks at nothing: for tests of what a
/// later migration finds in a database that was in use before it.
pub async fn apply_until(owner_url: &str, version: i32) -> Result<Vec<i32>, MigrateError> {
    let mut client = db::open(&database(owner_url)?).await?;
    let mut versions = Vec::new();
    migrate(&mut client, Target::Version(version), &mut versions).await?;
    Ok(versions)
}

fn database(owner_url: &str) -> Result<DatabaseConfig, MigrateError> {
    DatabaseConfig::new(owner_url, None, None).map_err(MigrateError::Url)
}

/// The run itself, for a database that is configured already.
pub(crate) async fn run(
    database: &DatabaseConfig,
    strictness: Strictness,
) -> Result<Applied, MigrateError> {
    let mut client = db::open(database).await?;
    // A session's lock: it goes with the connection, however this function ends.
    client
        .batch_execute(&format!(
            "SET lock_timeout = '{RUN_LOCK_WAIT_SECS}s'; SELECT pg_advisory_lock({RUN_LOCK})"
        ))
        .await?;
    let versions = migrate_patiently(&mut client).await?;
    let transaction = client.build_transaction().read_only(true).start().await?;
    let (refused, warnings) = lint::findings(&transaction)
        .await?
        .into_iter()
        .partition::<Vec<_>, _>(|finding| finding.is_refused(strictness));
    if refused.is_empty() {
        Ok(Applied { versions, warnings })
    } else {
        Err(MigrateError::Posture(refused))
    }
}

async fn migrate_patiently(client: &mut Client) -> Result<Vec<i32>, MigrateError> {
    let mut versions = Vec::new();
    let mut attempt = 1;
    let mut pause = Duration::from_millis(FIRST_PAUSE_MS);
    loop {
        match migrate(client, Target::Latest, &mut versions).await {
            Err(error) if error.is_transient() && attempt < ATTEMPTS_MAX => {
                tracing::warn!(error = %error, attempt, "migration is tried again");
                tokio::time::sleep(pause).await;
                attempt += 1;
                pause *= 2;
            }
            Err(error) => return Err(error),
            Ok(()) => return Ok(versions),
        }
    }
}

/// Each file is a transaction of its own, so what a failed attempt applied stays applied.
async fn migrate(
    client: &mut Client,
    target: Target,
    versions: &mut Vec<i32>,
) -> Result<(), MigrateError> {
    let mut runner = embedded::runner().set_target(target);
    runner.set_migration_table_name(HISTORY_TABLE);
    let outcome = runner.run_async(client).await;
    let report = match &outcome {
        Ok(report) => Some(report),
        Err(error) => error.report(),
    };
    versions.extend(
        report
            .into_iter()
            .flat_map(refinery::Report::applied_migrations)
            .map(refinery::Migration::version),
    );
    outcome?;
    Ok(())
}
