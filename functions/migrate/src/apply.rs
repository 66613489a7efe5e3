//! The run over everything: the shared schemas, the silos, and the linter at the end.

use serde::Serialize;
use shared::db::DatabaseConfig;
use shared::deadline::Deadline;
use tokio_postgres::Client;

use crate::lint::{self, Finding, Strictness};
use crate::session::{self, Run, patiently};
use crate::{MigrateError, embedded, moving, silos};

/// Where the applied versions are kept: not on the `search_path` of any migration or service.
const HISTORY_TABLE: &str = "public.schema_history";

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// The versions that were missing and are applied now, in order; empty when up to date.
    pub versions: Vec<i32>,
    /// How many silos lacked a version and have it now.
    pub silos: usize,
    /// What the linter advises and did not insist on.
    pub warnings: Vec<Finding>,
}

/// Applies what is missing to the database of `owner_url`, then lints it.
///
/// The URL's user must own the database and be allowed to create roles; it need not be a
/// superuser. Several calls at once are safe: they wait for one another, up to 120 s.
pub async fn apply(owner_url: &str) -> Result<Applied, MigrateError> {
    let deadline = Deadline::never();
    run(&database(owner_url)?, Strictness::Advising, &deadline).await
}

/// As [`apply`], and refuses a server whose known row-security holes are not patched.
pub async fn apply_strict(owner_url: &str) -> Result<Applied, MigrateError> {
    let deadline = Deadline::never();
    run(&database(owner_url)?, Strictness::Insisting, &deadline).await
}

fn database(owner_url: &str) -> Result<DatabaseConfig, MigrateError> {
    DatabaseConfig::new(owner_url, None, None).map_err(MigrateError::Url)
}

/// The run itself, for a database that is configured already.
///
/// Silos that are not brought up to date before the deadline, or cannot be, fail the run before
/// the linter is asked: the next run goes on with them.
pub(crate) async fn run(
    database: &DatabaseConfig,
    strictness: Strictness,
    deadline: &Deadline,
) -> Result<Applied, MigrateError> {
    let mut client = session::begin(database, Run::Alone).await?;
    let versions = migrate_patiently(&mut client).await?;
    // Who came in by an older `app.enter` may not have taken the lock that a move relies on. Not only
    // when this run has changed it: the one that has may not have come to its end.
    moving::wait_for_earlier(&client, deadline).await?;
    let silos = silos::catch_up(&client, database, deadline).await?;
    moving::sweep(&mut client, deadline).await?;
    let transaction = client.build_transaction().read_only(true).start().await?;
    let (refused, warnings) = lint::findings(&transaction)
        .await?
        .into_iter()
        .partition::<Vec<_>, _>(|finding| finding.is_refused(strictness));
    if refused.is_empty() {
        Ok(Applied {
            versions,
            silos,
            warnings,
        })
    } else {
        Err(MigrateError::Posture(refused))
    }
}

async fn migrate_patiently(client: &mut Client) -> Result<Vec<i32>, MigrateError> {
    let mut versions = Vec::new();
    patiently("migration", async || migrate(client, &mut versions).await).await?;
    Ok(versions)
}

/// Each file is a transaction of its own, so what a failed attempt applied stays applied.
async fn migrate(client: &mut Client, versions: &mut Vec<i32>) -> Result<(), MigrateError> {
    let mut runner = embedded::runner();
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
