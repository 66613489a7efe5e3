//! What a report is, from the one who asked for it.

use serde_json::Value;
use shared::error::FieldError;
use shared::ids::{ReportId, ScheduleId, UserId};
use shared::page::Keyset;
use shared::storage::{Format, ObjectKey};
use shared::tenant::{Role, Tenant};
use time::OffsetDateTime;

use crate::types::{NewReport, ReportType};

mod error;

pub use error::ReportError;

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
    /// Its document was kept for as long as it is, and is no more.
    Expired,
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
            Self::Expired => "expired",
        }
    }

    /// Reads a caller's word.
    pub fn parse(field: &'static str, word: &str) -> Result<Self, FieldError> {
        const ALL: [Status; 6] = [
            Status::Queued,
            Status::Running,
            Status::Succeeded,
            Status::Failed,
            Status::Cancelled,
            Status::Expired,
        ];
        let known = ALL.into_iter().find(|status| status.as_str() == word);
        known.ok_or_else(|| {
            let detail = "must be queued, running, succeeded, failed, cancelled or expired";
            FieldError::new(field, "unknown_value", detail)
        })
    }

    /// Reads a word that the table's CHECK admits.
    pub fn read(word: &str) -> Self {
        match word {
            "queued" => Self::Queued,
            "running" => Self::Running,
            "succeeded" => Self::Succeeded,
            "cancelled" => Self::Cancelled,
            "expired" => Self::Expired,
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
    /// Rows drawn and rows in all, while it runs and both are known.
    pub progress: Option<(i32, i32)>,
    /// Pages of the document.
    pub pages: Option<i32>,
    /// Size of the document in bytes.
    pub size_bytes: Option<i64>,
    /// Why it failed: `{"code", "detail"}`.
    pub problem: Option<Value>,
    /// Who asked for it.
    pub requested_by: Option<UserId>,
    /// The schedule that ordered it.
    pub schedule: Option<ScheduleId>,
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
            progress: None,
            pages: None,
            size_bytes: None,
            problem: None,
            requested_by: Some(user),
            schedule: None,
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
