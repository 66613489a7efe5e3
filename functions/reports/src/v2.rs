//! Version 2 on the wire: a report with its parameters, its course and its document.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::error::FieldError;
use shared::ids::{ReportId, ScheduleId, UserId};
use shared::storage::Format;
use time::OffsetDateTime;

use crate::domain;
use crate::types::{NewReport, ReportType};

mod list;
mod schedule;
mod settings;

pub use list::ListReports;
pub use schedule::{ChangeSchedule, CreateSchedule, Schedule};
pub use settings::{ChangeSettings, Settings};

/// A report.
#[derive(Debug, Serialize)]
pub struct Report {
    id: ReportId,
    #[serde(rename = "type")]
    kind: String,
    params: Value,
    format: &'static str,
    status: &'static str,
    progress: Option<Progress>,
    pages: Option<i32>,
    size_bytes: Option<i64>,
    problem: Option<Value>,
    requested_by: Option<UserId>,
    schedule_id: Option<ScheduleId>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    started_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    finished_at: Option<OffsetDateTime>,
}

/// How far a running report is.
#[derive(Debug, Serialize)]
struct Progress {
    rows_done: i32,
    rows_total: i32,
}

impl From<domain::Report> for Report {
    fn from(report: domain::Report) -> Self {
        Self {
            id: report.id,
            kind: report.kind,
            params: report.params,
            format: report.format.as_str(),
            status: report.status.as_str(),
            progress: report.progress.map(|(rows_done, rows_total)| Progress {
                rows_done,
                rows_total,
            }),
            pages: report.pages,
            size_bytes: report.size_bytes,
            problem: report.problem,
            requested_by: report.requested_by,
            schedule_id: report.schedule,
            created_at: report.created_at,
            started_at: report.started_at,
            finished_at: report.finished_at,
        }
    }
}

/// A report to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestReport {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    params: Option<Map<String, Value>>,
    #[serde(default)]
    format: Option<String>,
}

impl TryFrom<RequestReport> for NewReport {
    type Error = Vec<FieldError>;

    fn try_from(body: RequestReport) -> Result<Self, Vec<FieldError>> {
        let params = body.params.unwrap_or_default();
        Self::new(&body.kind, &params, body.format.as_deref())
    }
}

/// What can be asked for.
#[derive(Debug, Serialize)]
pub struct Types {
    data: Vec<Type>,
    meta: TypesMeta,
}

#[derive(Debug, Serialize)]
struct TypesMeta {
    total: usize,
}

#[derive(Debug, Serialize)]
struct Type {
    #[serde(rename = "type")]
    name: &'static str,
    title: &'static str,
    description: &'static str,
    role: &'static str,
    formats: [&'static str; 2],
    params_schema: Value,
}

impl From<&'static [ReportType]> for Types {
    fn from(types: &'static [ReportType]) -> Self {
        let data = types.iter().map(|kind| Type {
            name: kind.name,
            title: kind.title,
            description: kind.description,
            role: kind.role.as_str(),
            formats: Format::ALL.map(Format::as_str),
            params_schema: kind.params_schema(),
        });
        Self {
            data: data.collect(),
            meta: TypesMeta { total: types.len() },
        }
    }
}
