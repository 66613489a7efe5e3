//! Why a report has no document, and whether another try is worth it.

use shared::db::DbError;
use shared::storage::StorageError;
use tokio::task::JoinError;

use crate::pdf::RenderError;

/// Why a report has no document.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Its parameters are not those of its type.
    #[error("the parameters cannot be read")]
    Params(#[source] serde_json::Error),
    /// Nobody knows how to make it.
    #[error("unknown report type {0}")]
    UnknownType(String),
    /// An amount of it does not fit into 64 bits.
    #[error("an amount is out of range")]
    Amount,
    /// It cannot be drawn.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The renderer panicked.
    #[error("the renderer stopped")]
    Stopped(#[from] JoinError),
    /// Its data cannot be read.
    #[error(transparent)]
    Database(DbError),
    /// Its document cannot be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl JobError {
    /// The word that goes into the report's problem and the logs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Params(_) => "invalid_params",
            Self::UnknownType(_) => "unknown_type",
            Self::Amount => "amount_out_of_range",
            Self::Render(RenderError::TooLarge { .. }) => "too_large",
            Self::Render(RenderError::OutOfTime { .. }) => "out_of_time",
            Self::Render(_) => "render",
            Self::Stopped(_) => "render_stopped",
            Self::Database(_) => "database",
            Self::Storage(_) => "storage",
        }
    }

    /// Whether the next attempt would fail the same way.
    pub(super) fn permanent(&self) -> bool {
        match self {
            Self::Params(_) | Self::UnknownType(_) | Self::Amount | Self::Stopped(_) => true,
            // Out of time, the machine may have been busy: the last attempt ends it.
            Self::Render(RenderError::OutOfTime { .. }) | Self::Database(_) | Self::Storage(_) => {
                false
            }
            Self::Render(error) => error.is_permanent(),
        }
    }

    /// What the tenant reads: our own words for what is the tenant's doing, nothing about us.
    pub(super) fn detail(&self) -> String {
        match self {
            Self::Params(_)
            | Self::UnknownType(_)
            | Self::Amount
            | Self::Render(RenderError::TooLarge { .. } | RenderError::OutOfTime { .. }) => {
                self.to_string()
            }
            Self::Render(_) | Self::Stopped(_) | Self::Database(_) | Self::Storage(_) => {
                "the report could not be made".to_owned()
            }
        }
    }
}
