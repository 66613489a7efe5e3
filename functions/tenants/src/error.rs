//! What can go wrong in a tenant's life.

use lambda_runtime::Diagnostic;
use shared::db::DbError;
use shared::error::causes;
use shared::limits::LimiterError;
use shared::signing::SigningError;
use shared::storage::StorageError;

/// Why a command was not carried out; each text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TenantsError {
    /// It is no command.
    #[error("the event is no command: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The tenant's life has no such step from where it is.
    #[error("{0}")]
    NoSuchStep(String),
    /// The tenant was never purged, or not to the end.
    #[error("the tenant has not been purged")]
    NotPurged,
    /// The invocation's time was over first. An export is begun anew; a purge goes on.
    #[error("the time was over before the work was done")]
    OutOfTime,
    /// Nobody could check what the key of this function signs: it is not one that `auth` publishes.
    #[error("the signing key is not published: this function and auth need the same")]
    KeyNotPublished,
    /// The database.
    #[error("{}", causes(.0))]
    Database(DbError),
    /// The bucket.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The table of limits.
    #[error(transparent)]
    Limits(#[from] LimiterError),
    /// The certificate could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
}

impl From<DbError> for TenantsError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Step(reason) => Self::NoSuchStep(reason),
            error => Self::Database(error),
        }
    }
}

impl From<TenantsError> for Diagnostic {
    fn from(error: TenantsError) -> Self {
        let kind = match error {
            TenantsError::Malformed(_) => "malformed",
            TenantsError::NoSuchStep(_) => "no_such_step",
            TenantsError::NotPurged => "not_purged",
            TenantsError::OutOfTime => "out_of_time",
            TenantsError::KeyNotPublished => "key_not_published",
            TenantsError::Database(_) => "database",
            TenantsError::Storage(_) => "storage",
            TenantsError::Limits(_) => "limits",
            TenantsError::Signing(_) => "signing",
        };
        Self {
            error_type: kind.to_owned(),
            error_message: error.to_string(),
        }
    }
}
