//! Why something cannot be done with a report, and what a caller hears of it.

use shared::db::DbError;
use shared::error::ApiError;
use shared::storage::StorageError;

use super::Status;

/// Why something cannot be done with a report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It does not exist, or never did in this tenant.
    #[error("report not found")]
    NotFound,
    /// It has no document, or not yet.
    #[error("the report is {}", .0.as_str())]
    NoDocument(Status),
    /// It has come to its end, so there is nothing to call off.
    #[error("the report is {}", .0.as_str())]
    Finished(Status),
    /// It waits or runs already, or has its document.
    #[error("the report is {}", .0.as_str())]
    NotRetryable(Status),
    /// Only what has come to its end can be deleted.
    #[error("the report is {}; cancel it first", .0.as_str())]
    Unfinished(Status),
    /// The document cannot be reached.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Not about reports.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<ReportError> for ApiError {
    fn from(error: ReportError) -> Self {
        /// When a caller should ask again for a pending document, in seconds.
        const RETRY_AFTER_SECS: u32 = 2;
        match error {
            ReportError::NotFound => Self::not_found("report"),
            ReportError::NoDocument(status) if status.pending() => {
                Self::conflict("report_not_ready", error.to_string()).retry_after(RETRY_AFTER_SECS)
            }
            ReportError::NoDocument(Status::Expired) => {
                let detail = "the report's document is no longer kept";
                Self::conflict("report_expired", detail)
            }
            ReportError::NoDocument(_) => {
                Self::conflict("report_without_document", error.to_string())
            }
            ReportError::Finished(_) => Self::conflict("report_finished", error.to_string()),
            ReportError::NotRetryable(_) => {
                Self::conflict("report_not_retryable", error.to_string())
            }
            ReportError::Unfinished(_) => Self::conflict("report_not_finished", error.to_string()),
            ReportError::Storage(error) => Self::internal(error),
            ReportError::Database(error) => error.into(),
        }
    }
}
