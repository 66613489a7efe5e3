//! What the database says no with, and what a caller hears of it.

use axum::http::StatusCode;
use tokio_postgres::error::SqlState;

use crate::error::{ApiError, FieldError};

/// Why `app.enter` does not let a tenant in. The codes are ours, in class `TN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// TN001: nobody founded such a tenant.
    Unknown,
    /// TN002: it is suspended.
    Suspended,
    /// TN003: it is leaving, or gone.
    Leaving,
    /// TN004: it is being moved to another place. Only writers are told so, and only for a moment.
    Moving,
}

/// Why a unit of work failed. Nothing of it was kept, except perhaps where the connection broke.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// No connection could be made, or it broke; a write may or may not have happened.
    #[error("the database is out of reach")]
    Unreachable(#[source] tokio_postgres::Error),
    /// The tenant may not enter.
    #[error("the tenant was refused: {0:?}")]
    Refused(Refusal),
    /// TN005: a tenant's life has no such step from where it is. In PostgreSQL's words, which are ours.
    #[error("{0}")]
    Step(String),
    /// A constraint of this name does not hold.
    #[error("constraint {name} does not hold")]
    Constraint {
        /// The constraint's name, which is part of the schema's contract.
        name: String,
        /// What PostgreSQL said.
        #[source]
        source: tokio_postgres::Error,
    },
    /// Somebody else holds a lock, or won a race: SQLSTATE 55P03, 40001 or 40P01.
    #[error("another transaction is in the way")]
    Busy(#[source] tokio_postgres::Error),
    /// The statement took longer than its role may take: SQLSTATE 57014.
    #[error("a statement took too long")]
    Timeout(#[source] tokio_postgres::Error),
    /// A text holds what PostgreSQL's text cannot, such as NUL: SQLSTATE 22021 or 22P05.
    #[error("a text cannot be stored")]
    Text(#[source] tokio_postgres::Error),
    /// A statement that always yields a row yielded none.
    #[error("a statement yielded no row")]
    NoRow,
    /// The work ended well although one of its statements had failed, so nothing was kept.
    #[error("the transaction had already failed")]
    Aborted,
    /// Row-level security does not hold this function's role: TN010. Nothing was executed.
    #[error("row-level security does not hold the role of this connection")]
    RoleNotHeld(#[source] tokio_postgres::Error),
    /// A server said nothing for too long.
    #[error("no answer in time")]
    Silent,
    /// TLS could not be set up.
    #[error("tls could not be set up")]
    NoTls,
    /// Anything else: our fault.
    #[error("statement failed")]
    Other(#[source] tokio_postgres::Error),
}

impl From<tokio_postgres::Error> for DbError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else {
            return match error.is_closed() || is_io(&error) {
                true => Self::Unreachable(error),
                false => Self::Other(error),
            };
        };
        match db.code().code() {
            "TN001" => return Self::Refused(Refusal::Unknown),
            "TN002" => return Self::Refused(Refusal::Suspended),
            "TN003" => return Self::Refused(Refusal::Leaving),
            "TN004" => return Self::Refused(Refusal::Moving),
            "TN005" => return Self::Step(db.message().to_owned()),
            "TN010" => return Self::RoleNotHeld(error),
            // class 08: connection; 57P01 to 57P03: the server is going down or coming up
            code if code.starts_with("08") || code.starts_with("57P") => {
                return Self::Unreachable(error);
            }
            _ => {}
        }
        let code = db.code();
        let busy = [
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
        ];
        let text = [
            SqlState::CHARACTER_NOT_IN_REPERTOIRE,
            SqlState::UNTRANSLATABLE_CHARACTER,
        ];
        if let Some(name) = db.constraint() {
            let name = name.to_owned();
            return Self::Constraint {
                name,
                source: error,
            };
        }
        if busy.contains(code) {
            return Self::Busy(error);
        }
        if text.contains(code) {
            return Self::Text(error);
        }
        if *code == SqlState::QUERY_CANCELED {
            return Self::Timeout(error);
        }
        Self::Other(error)
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        if cause.is::<std::io::Error>() {
            return true;
        }
        next = cause.source();
    }
    false
}

impl DbError {
    /// Whether a constraint of this name is what failed.
    pub fn violates(&self, constraint: &str) -> bool {
        matches!(self, Self::Constraint { name, .. } if name == constraint)
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        const RETRY_AFTER_SECS: u32 = 1;
        /// A move of ten thousand rows is over by then.
        const MOVED_AFTER_SECS: u32 = 2;
        match error {
            DbError::Refused(Refusal::Unknown) => Self::unauthenticated("invalid_token"),
            DbError::Refused(Refusal::Suspended) => {
                Self::forbidden("tenant_suspended", "the tenant is suspended")
            }
            DbError::Refused(Refusal::Leaving) => {
                Self::forbidden("tenant_leaving", "the tenant is being closed")
            }
            DbError::Refused(Refusal::Moving) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "tenant_moving",
                "the tenant's data is being moved; reading goes on",
            )
            .retry_after(MOVED_AFTER_SECS),
            DbError::Unreachable(_)
            | DbError::Timeout(_)
            | DbError::Silent
            | DbError::RoleNotHeld(_) => Self::unavailable(RETRY_AFTER_SECS).caused_by(error),
            DbError::Busy(_) => Self::new(
                StatusCode::CONFLICT,
                "concurrent_update",
                "another request is changing the same thing",
            )
            .retry_after(RETRY_AFTER_SECS),
            DbError::Text(_) => Self::invalid([FieldError::new(
                "body",
                "unstorable_text",
                "a text contains characters that cannot be stored",
            )]),
            other => Self::internal(other),
        }
    }
}
