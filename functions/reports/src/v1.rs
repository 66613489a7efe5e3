//! Version 1 on the wire: `{"job_id", "status"}`, and lists as bare arrays. Frozen.

use serde::{Deserialize, Serialize};
use shared::error::FieldError;
use shared::ids::ReportId;
use shared::page::Page;

use crate::domain::{self, Status};
use crate::types::NewReport;

/// What this version says of a report whose document is no longer kept. It knows no word for that.
const EXPIRED: (&str, &str) = ("failed", "the report's document is no longer kept");

/// A report, seen as a job.
#[derive(Debug, Serialize)]
pub struct Job {
    #[serde(rename = "job_id")]
    id: ReportId,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl From<domain::Report> for Job {
    fn from(report: domain::Report) -> Self {
        let (status, error) = match report.status {
            Status::Expired => (EXPIRED.0, Some(EXPIRED.1)),
            status => (status.as_str(), report.failure()),
        };
        Self {
            id: report.id,
            status,
            error: error.map(str::to_owned),
        }
    }
}

/// A report to be. Members it does not know are passed over, a `tenant_id` among them: whose
/// report it is, the caller's token says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RequestReport {
    #[serde(rename = "type")]
    kind: Option<String>,
    title: Option<String>,
}

impl TryFrom<RequestReport> for NewReport {
    type Error = Vec<FieldError>;

    fn try_from(body: RequestReport) -> Result<Self, Vec<FieldError>> {
        Self::summary(body.kind.as_deref(), body.title.as_deref())
    }
}

/// Where the document is.
#[derive(Debug, Serialize)]
pub struct Download {
    /// A link that works for a quarter of an hour.
    pub url: String,
}

/// A list: the rows and nothing around them.
pub fn list(page: Page<domain::Report>) -> Vec<Job> {
    page.rows.into_iter().map(Job::from).collect()
}
