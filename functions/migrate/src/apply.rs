//! The run over everything: the shared schemas, the silos, and the linter at the end.

use refinery::Runner;
use serde::Serialize;
use shared::db::DatabaseConfig;
use shared::deadline::Deadline;
use tokio_postgres::Client;

use crate::contract::{self, Running};
use crate::lint::{self, Finding, Strictness};
use crate::session::{self, Run, patiently};
use crate::{MigrateError, Passwords, embedded, moving, silos};

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
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
/// For a database that no function of an earlier release uses at the time. The URL's user must own it
/// and be allowed to create roles; it need not be a superuser. Several calls at once are safe: they
/// wait for one another, up to 120 s.
pub async fn apply(owner_url: &str) -> Result<Applied, MigrateError> {
    alone(owner_url, Strictness::Advising).await
}

/// As [`apply`], and refuses a server whose known row-security holes are not patched.
pub async fn apply_strict(owner_url: &str) -> Result<Applied, MigrateError> {
    alone(owner_url, Strictness::Insisting).await
}

async fn alone(owner_url: &str, strictness: Strictness) -> Result<Applied, MigrateError> {
    let database = DatabaseConfig::new(owner_url, None, None).map_err(MigrateError::Url)?;
    let work = Work {
        release: &embedded::release(),
        database: &database,
        passwords: &Passwords::default(),
        strictness,
        deadline: &Deadline::never(),
    };
    run(&work, Running::Nobody).await
}

/// What every run has to know.
pub(crate) struct Work<'a> {
    /// The files.
    pub(crate) release: &'a Runner,
    /// Where they are applied.
    pub(crate) database: &'a DatabaseConfig,
    /// What new roles log in with.
    pub(crate) passwords: &'a Passwords,
    /// What is done about the linter's warnings.
    pub(crate) strictness: Strictness,
    /// When the run has to be over.
    pub(crate) deadline: &'a Deadline,
}

/// The run itself, beside those who are `running`.
pub(crate) async fn run(work: &Work<'_>, running: Running) -> Result<Applied, MigrateError> {
    let client = session::begin(work.database, Run::Alone).await?;
    let applied = contract::history(&client).await?;
    contract::permit(&applied, &embedded::files(work.release), running)?;
    complete(work, client).await
}

/// The run of a deployment that is to end with the release `asked`.
///
/// A deployment may also lead back: to a release that is older than the database, or, while
/// CloudFormation undoes one, to a release that is older than this program. The database then stays
/// as it is.
pub(crate) async fn deploy(
    work: &Work<'_>,
    asked: i32,
    running: Running,
) -> Result<Applied, MigrateError> {
    let files = embedded::files(work.release);
    let own = files.last().map_or(0, |file| file.version);
    if asked > own {
        return Err(MigrateError::OtherRelease { asked, own });
    }
    let client = session::begin(work.database, Run::Alone).await?;
    let applied = contract::history(&client).await?;
    contract::survives(&applied, asked)?;
    let newest = applied.last().map_or(0, |file| file.version);
    if asked < own.max(newest) {
        tracing::warn!(asked, newest, "the database is left as it is");
        return Ok(Applied::default());
    }
    contract::permit(&applied, &files, running)?;
    complete(work, client).await
}

/// Silos that are not brought up to date before the deadline, or cannot be, fail the run before
/// the linter is asked: the next run goes on with them.
async fn complete(work: &Work<'_>, mut client: Client) -> Result<Applied, MigrateError> {
    let versions = migrate_patiently(work.release, &mut client).await?;
    work.passwords.give(&client).await?;
    // Who came in by an older `app.enter` may not have taken the lock that a move relies on. Not only
    // when this run has changed it: the one that has may not have come to its end.
    moving::wait_for_earlier(&client, work.deadline).await?;
    let silos = silos::catch_up(&client, work.database, work.deadline).await?;
    moving::sweep(&mut client, work.deadline).await?;
    let transaction = client.build_transaction().read_only(true).start().await?;
    let (refused, warnings) = lint::findings(&transaction)
        .await?
        .into_iter()
        .partition::<Vec<_>, _>(|finding| finding.is_refused(work.strictness));
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

async fn migrate_patiently(
    release: &Runner,
    client: &mut Client,
) -> Result<Vec<i32>, MigrateError> {
    let mut versions = Vec::new();
    patiently("migration", async || {
        migrate(release, client, &mut versions).await
    })
    .await?;
    Ok(versions)
}

/// Each file is a transaction of its own, so what a failed attempt applied stays applied.
async fn migrate(
    release: &Runner,
    client: &mut Client,
    versions: &mut Vec<i32>,
) -> Result<(), MigrateError> {
    let outcome = release.run_async(client).await;
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

#[cfg(test)]
mod tests;
