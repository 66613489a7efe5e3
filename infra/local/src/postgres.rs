//! PostgreSQL for one machine: found or installed, private to one folder, gone with the program.
//!
//! A [`Cluster`] is a real server started from the system's own binaries. [`database`] puts the
//! bundle's database and its roles into it.

mod account;
mod cluster;
pub mod database;
mod folder;
mod initialise;
mod install;
mod locate;
mod migrations;
mod server;
mod stale;
mod standby;

use std::{io, path::PathBuf};

pub use cluster::{Cluster, ClusterOptions};
pub use standby::REPLICABLE;

/// Why PostgreSQL cannot be had; each text is one line and names the cure where there is one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresError {
    /// No binaries were found and none could be installed.
    #[error(
        "no PostgreSQL found ({0}); install it (apt-get install postgresql, brew install postgresql@16) or set PG_BIN_DIR"
    )]
    Missing(String),
    /// The data folder was made by another major version.
    #[error(
        "{} was made by PostgreSQL {made} and only {found} is installed; install PostgreSQL {made} or remove the folder",
        dir.display()
    )]
    OtherVersion {
        /// The cluster's folder.
        dir: PathBuf,
        /// Major version that made it.
        made: u32,
        /// Major versions at hand.
        found: String,
    },
    /// Another running program uses the folder.
    #[error("{} is in use by another run of this program; stop that one first", .0.display())]
    InUse(PathBuf),
    /// The folder belongs to another user of the machine.
    #[error("{} belongs to another user; run as that user or remove the folder", .0.display())]
    NotOurs(PathBuf),
    /// One of PostgreSQL's programs failed.
    #[error("{program} failed: {reason}")]
    Program {
        /// Its name.
        program: &'static str,
        /// Last line of what it said.
        reason: String,
    },
    /// The server did not accept connections in time.
    #[error("PostgreSQL was not ready after {seconds} s; see {}", log.display())]
    NotReady {
        /// How long was waited, in seconds.
        seconds: u64,
        /// The server's log.
        log: PathBuf,
    },
    /// A statement failed.
    #[error("preparing the database failed: {}", statement_reason(.0))]
    Statement(#[from] tokio_postgres::Error),
    /// The migrations could not be applied.
    #[error("applying the migrations failed: {0}")]
    Migration(String),
    /// A file or folder could not be used.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A process could not be started or signalled.
    #[error("process control failed: {0}")]
    Process(io::Error),
}

impl PostgresError {
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

fn statement_reason(error: &tokio_postgres::Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| error.to_string(), ToString::to_string)
}
