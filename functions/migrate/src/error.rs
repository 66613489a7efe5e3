//! What can go wrong while a database is migrated.

use std::error::Error;

use lambda_runtime::Diagnostic;
use shared::config::ConfigError;
use shared::db::DbError;
use tokio_postgres::error::SqlState;

use crate::lint::Finding;

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
