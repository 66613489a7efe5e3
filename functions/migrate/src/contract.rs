//! Files that take something away, and who may still need it.
//!
//! A release is named here by the last file of `infra/migrations` that it holds. Nearly every file
//! only adds, so that the release before goes on working beside the new one. A file that takes
//! something away says in its name from which release on nobody needs that:
//! `V0021__contract_since_0019_old_names.sql`. It is applied where the release that is running is
//! known to be such a one, and nowhere else. The name is kept in the database's history, where an older release
//! finds it that is to come back.

use std::fmt;

use tokio_postgres::Client;

use crate::MigrateError;
use crate::embedded::HISTORY_TABLE;

/// What the name of a file begins with that takes something away.
const PREFIX: &str = "contract";
/// What stands before the release from which on nobody needs it.
const SINCE: &str = "contract_since_";

/// Who may be running while files are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Running {
    /// No function of any release.
    Nobody,
    /// The functions of one release, which is named by its last file.
    Release(i32),
    /// Functions of any release.
    Unknown,
}

impl Running {
    /// Whether all who run are of the release `since`, or of a later one.
    fn is_since(self, since: i32) -> bool {
        match self {
            Self::Nobody => true,
            Self::Release(running) => running >= since,
            Self::Unknown => false,
        }
    }
}

impl fmt::Display for Running {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => formatter.write_str("nobody runs"),
            Self::Release(release) => write!(formatter, "V{release:04} is running"),
            Self::Unknown => formatter.write_str("it is not known which release is running"),
        }
    }
}

/// A file of `infra/migrations`, embedded here or written down in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    /// Its number.
    pub(crate) version: i32,
    /// What it is called behind the number.
    pub(crate) name: String,
}

impl File {
    /// From which release on nobody needs what the file takes away; `None` where it only adds.
    ///
    /// A name that begins as one and does not say since when is of a file that nobody may be
    /// running beside.
    pub(crate) fn since(&self) -> Option<i32> {
        self.name.starts_with(PREFIX).then(|| {
            let rest = self.name.strip_prefix(SINCE);
            let digits = rest.and_then(|rest| rest.split('_').next());
            digits.map_or(i32::MAX, |digits| digits.parse().unwrap_or(i32::MAX))
        })
    }
}

/// The files that were applied to a database, in order; none where it is new.
pub(crate) async fn history(client: &Client) -> Result<Vec<File>, MigrateError> {
    let known = "SELECT to_regclass($1) IS NOT NULL";
    let known: bool = client
        .query_one(known, &[&HISTORY_TABLE])
        .await?
        .try_get(0)?;
    if !known {
        return Ok(Vec::new());
    }
    let files = format!("SELECT version, name FROM {HISTORY_TABLE} ORDER BY version");
    let rows = client.query(&files, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(File {
                version: row.try_get("version")?,
                name: row.try_get("name")?,
            })
        })
        .collect()
}

/// Refuses to go on where a file is missing in the database that takes something away from those who
/// may be running. A new database has nothing that could be taken away.
pub(crate) fn permit(
    applied: &[File],
    files: &[File],
    running: Running,
) -> Result<(), MigrateError> {
    let Some(last) = applied.last() else {
        return Ok(());
    };
    for file in files.iter().filter(|file| file.version > last.version) {
        if let Some(since) = file.since()
            && !running.is_since(since)
        {
            return Err(MigrateError::Contract {
                version: file.version,
                since,
                running,
            });
        }
    }
    Ok(())
}

/// Refuses to work for a tenant before the pool has every file of this release: messages come to a new
/// version while its deployment's run is under way, and silos must not go ahead of the pool.
pub(crate) async fn caught_up(client: &Client, files: &[File]) -> Result<(), MigrateError> {
    let last = |files: &[File]| files.last().map_or(0, |file| file.version);
    let (applied, needed) = (last(&history(client).await?), last(files));
    if applied < needed {
        return Err(MigrateError::Behind { applied, needed });
    }
    Ok(())
}

/// Refuses a release that needs what a database does not have any more.
pub(crate) fn survives(applied: &[File], release: i32) -> Result<(), MigrateError> {
    for file in applied.iter().filter(|file| file.version > release) {
        if let Some(since) = file.since()
            && release < since
        {
            return Err(MigrateError::Contracted {
                version: file.version,
                since,
                release,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
