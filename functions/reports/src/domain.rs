//! What a report is, from the one who asked for it.

use serde_json::Value;
use shared::db::DbError;
use shared::error::ApiError;
use shared::ids::{ReportId, UserId};
use shared::page::Keyset;
use shared::storage::{Format, ObjectKey, StorageError};
use shared::tenant::{Role, Tenant};
use time::OffsetDateTime;

use crate::types::{NewReport, ReportType};

/// How far a report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Waiting for a worker.
    Queued,
    /// A worker has it.
    Running,
    /// Its document can be fetched.
    Succeeded,
    /// It will never have a document.
    Failed,
    /// It was called off.
    Cancelled,
}

impl Status {
    /// The word used in tables and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads a word that the table's CHECK admits.
    pub fn read(word: &str) -> Self {
        match word {
            "queued" => Self::Queued,
            "running" => Self::Running,
            "succeeded" => Self::Succeeded,
            "cancelled" => Self::Cancelled,
            _ => Self::Failed,
        }
    }

    /// Whether it is worth asking again.
    pub fn pending(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// A report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Identity; also the job's.
    pub id: ReportId,
    /// What it is about.
    pub kind: String,
    /// Its parameters.
    pub params: Value,
    /// The form of its document.
    pub format: Format,
    /// How far it is.
    pub status: Status,
    /// Which attempt is, or was, the last.
    pub fence: i64,
    /// Pages of the document.
    pub pages: Option<i32>,
    /// Size of the document in bytes.
    pub size_bytes: Option<i64>,
    /// Why it failed: `{"code", "detail"}`.
    pub problem: Option<Value>,
    /// Who asked for it.
    pub requested_by: Option<UserId>,
    /// When it was asked for.
    pub created_at: OffsetDateTime,
    /// When a worker last took it.
    pub started_at: Option<OffsetDateTime>,
    /// When it came to its end.
    pub finished_at: Option<OffsetDateTime>,
}

impl Report {
    /// A report that `user` asks for at `now`.
    pub fn request(new: NewReport, user: UserId, now: OffsetDateTime) -> Self {
        Self {
            id: ReportId::new(),
            kind: new.kind.name.to_owned(),
            params: new.params,
            format: new.format,
            status: Status::Queued,
            fence: 0,
            pages: None,
            size_bytes: None,
            problem: None,
            requested_by: Some(user),
            created_at: now,
            started_at: None,
            finished_at: None,
        }
    }

    /// Its place in the list of all reports, newest first.
    pub fn key(&self) -> Keyset {
        Keyset {
            created_at: self.created_at,
            id: *self.id.as_uuid(),
        }
    }

    /// Who may read its document: whoever may ask for such a one. Of a type that only other code
    /// knows, whoever may do everything.
    pub fn readers(&self) -> Role {
        ReportType::find(&self.kind).map_or(Role::Owner, |kind| kind.role)
    }

    /// Where its document is.
    pub fn document(&self, tenant: Tenant) -> Result<ObjectKey<'static>, ReportError> {
        match self.status {
            Status::Succeeded => Ok(ObjectKey::Report {
                tenant,
                report: self.id,
                fence: self.fence,
                format: self.format,
            }),
            status => Err(ReportError::NoDocument(status)),
        }
    }

    /// What a person reads when it failed.
    pub fn failure(&self) -> Option<&str> {
        self.problem.as_ref()?.get("detail")?.as_str()
    }
}

/// Why something cannot be done with a report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It does not exist, or never did in this tenant.
    #[error("report not found")]
    NotFound,
    /// It has no document, or not yet.
    #[error("the report is {}", .0.as_str())]
    NoDocument(Status),
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
            ReportError::NoDocument(_) => {
                Self::conflict("report_without_document", error.to_string())
            }
            ReportError::Storage(error) => Self::internal(error),
            ReportError::Database(error) => error.into(),
        }
    }
}
