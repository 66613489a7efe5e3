//! What can go wrong while a database is migrated.

use std::error::Error;

use lambda_runtime::Diagnostic;
use shared::config::ConfigError;
use shared::db::DbError;
use shared::ids::TenantId;
use tokio_postgres::error::SqlState;

use crate::contract::Running;
use crate::lint::Finding;
use crate::silos::SilosLeft;

/// Why a database was not migrated, or was and must not be used.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The environment does not say which database, or not rightly.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The URL that was given is none.
    #[error("database url {0}")]
    Url(String),
    /// The database cannot be reached, or does not let its owner in.
    #[error("{}", with_causes(.0))]
    Connect(#[from] DbError),
    /// The database refused a statement of the runner's own.
    #[error("database: {}", with_causes(.0))]
    Database(#[from] tokio_postgres::Error),
    /// A migration failed, or those applied are not those embedded here.
    #[error("migration: {}", with_causes(.0))]
    Migration(#[from] refinery::Error),
    /// The pool lacks a file of this release: a deployment has not come so far yet, or was refused.
    #[error("the database has V{applied:04}, and this release needs V{needed:04}")]
    Behind {
        /// The last file that it has.
        applied: i32,
        /// The last file of this release.
        needed: i32,
    },
    /// A silo had a file that is not the one of its number here.
    #[error("silo {schema} had another file of version {version}")]
    SiloFileChanged {
        /// The silo.
        schema: String,
        /// The file.
        version: i32,
    },
    /// The shared schemas are up to date, and not all silos are: the next run goes on with them.
    #[error("silos: {0}")]
    Silos(SilosLeft),
    /// Nobody founded such a tenant.
    #[error("unknown tenant {0}")]
    UnknownTenant(TenantId),
    /// The tenant is leaving, or gone: its rows are not moved any more.
    #[error("tenant {0} is leaving")]
    TenantLeaving(TenantId),
    /// A table is not made for being moved.
    #[error("{0} {1}, so the tenant stays where it is")]
    Unmovable(String, String),
    /// What arrived is not what was sent, so nothing was kept of it.
    #[error("the copy differs, and the tenant stays where it is: {0}")]
    Differs(String),
    /// So many transactions from before a migration or a move are still at work: what they rely on
    /// stays, and the next run waits for them again.
    #[error("{0} earlier transactions are at work, so the run is not complete")]
    ReadersLeft(usize),
    /// The place that is to be cleared is where the tenant is.
    #[error("tenant {0} is where it should have left")]
    StillThere(TenantId),
    /// There is no time left to begin.
    #[error("no time left to begin")]
    OutOfTime,
    /// A file takes something away that those who may be running need. Nothing was applied.
    #[error("V{version:04} takes away what releases before V{since:04} need, and {running}")]
    Contract {
        /// The file.
        version: i32,
        /// The first release that can do without.
        since: i32,
        /// Who may be running.
        running: Running,
    },
    /// A release is to come back that needs what was taken away.
    #[error(
        "V{version:04} took away what releases before V{since:04} need, and this is V{release:04}"
    )]
    Contracted {
        /// The file.
        version: i32,
        /// The first release that can do without.
        since: i32,
        /// The one that is to come back.
        release: i32,
    },
    /// The code is older than the release that is deployed.
    #[error("V{asked:04} is to be deployed, and this program ends with V{own:04}")]
    OtherRelease {
        /// The release that is deployed.
        asked: i32,
        /// This program's own.
        own: i32,
    },
    /// A property of the stack's resource is missing, or no number.
    #[error("the property {0} is not the number of a file")]
    Property(&'static str),
    /// The invocation was about to end.
    #[error("the time is up; what was done stays, and the next run goes on")]
    TimeUp,
    /// CloudFormation does not know yet what came of it.
    #[error("the stack was not told: {0}")]
    Untold(String),
    /// All migrations are applied, and the linter found holes.
    #[error("posture: {}", list(.0))]
    Posture(Vec<Finding>),
}

impl MigrateError {
    /// Whether the same call may succeed a moment later.
    ///
    /// True for a lock that was not had in time and for a transaction that gave way to another.
    pub(crate) fn is_transient(&self) -> bool {
        [
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
        ]
        .iter()
        .any(|state| self.sql_state() == Some(state))
    }

    fn sql_state(&self) -> Option<&SqlState> {
        causes(self)
            .filter_map(<dyn Error>::downcast_ref::<tokio_postgres::Error>)
            .find_map(tokio_postgres::Error::code)
    }
}

/// The error and what caused it, outermost first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        (*error).source()
    })
}

/// The driver says "db error" and leaves what the server said to its cause.
fn with_causes(error: &(dyn Error + 'static)) -> String {
    let each: Vec<String> = causes(error).map(ToString::to_string).collect();
    each.join(": ")
}

impl From<MigrateError> for Diagnostic {
    fn from(error: MigrateError) -> Self {
        let kind = match error {
            MigrateError::Config(_) | MigrateError::Url(_) => "config",
            MigrateError::Connect(_) => "connect",
            MigrateError::Database(_) => "database",
            MigrateError::Migration(_) => "migration",
            MigrateError::SiloFileChanged { .. } | MigrateError::Silos(_) => "silos",
            MigrateError::UnknownTenant(_)
            | MigrateError::TenantLeaving(_)
            | MigrateError::Unmovable(..)
            | MigrateError::Differs(_)
            | MigrateError::ReadersLeft(_)
            | MigrateError::StillThere(_)
            | MigrateError::OutOfTime => "tenant",
            MigrateError::Contract { .. }
            | MigrateError::Contracted { .. }
            | MigrateError::OtherRelease { .. }
            | MigrateError::Behind { .. }
            | MigrateError::Property(_)
            | MigrateError::TimeUp
            | MigrateError::Untold(_) => "deployment",
            MigrateError::Posture(_) => "posture",
        };
        Self {
            error_type: kind.to_owned(),
            error_message: error.to_string(),
        }
    }
}

fn list(findings: &[Finding]) -> String {
    let each: Vec<String> = findings.iter().map(ToString::to_string).collect();
    each.join("; ")
}
