//! A schedule on the wire: what is wanted, and when.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::error::FieldError;
use shared::ids::{ScheduleId, UserId};
use time::OffsetDateTime;

use super::RequestReport;
use crate::schedule::{self, NewSchedule, weekday};

/// A schedule.
#[derive(Debug, Serialize)]
pub struct Schedule {
    id: ScheduleId,
    report: Wanted,
    when: Times,
    paused: bool,
    #[serde(with = "time::serde::rfc3339")]
    next_run_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    last_run_at: Option<OffsetDateTime>,
    requested_by: Option<UserId>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

#[derive(Debug, Serialize)]
struct Wanted {
    #[serde(rename = "type")]
    kind: String,
    params: Value,
    format: &'static str,
}

#[derive(Debug, Serialize)]
struct Times {
    cadence: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    weekday: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    day_of_month: Option<i32>,
    time: String,
    time_zone: String,
}

impl From<schedule::Schedule> for Schedule {
    fn from(schedule: schedule::Schedule) -> Self {
        let cadence = schedule.when.cadence;
        Self {
            id: schedule.id,
            report: Wanted {
                kind: schedule.kind,
                params: schedule.params,
                format: schedule.format.as_str(),
            },
            when: Times {
                cadence: cadence.as_str(),
                weekday: cadence.weekday().map(weekday),
                day_of_month: cadence.day_of_month(),
                time: schedule.when.time,
                time_zone: schedule.when.zone,
            },
            paused: schedule.paused,
            next_run_at: schedule.next_run_at,
            last_run_at: schedule.last_run_at,
            requested_by: schedule.requested_by,
            created_at: schedule.created_at,
            updated_at: schedule.updated_at,
        }
    }
}

/// When reports are wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct When {
    cadence: String,
    weekday: Option<String>,
    day_of_month: Option<i32>,
    time: String,
    time_zone: String,
}

impl TryFrom<When> for schedule::When {
    type Error = Vec<FieldError>;

    fn try_from(when: When) -> Result<Self, Vec<FieldError>> {
        let day = (&*when.cadence, when.weekday.as_deref(), when.day_of_month);
        Self::new(day, when.time, when.time_zone)
    }
}

/// A schedule to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateSchedule {
    report: RequestReport,
    when: When,
}

impl TryFrom<CreateSchedule> for NewSchedule {
    type Error = Vec<FieldError>;

    fn try_from(body: CreateSchedule) -> Result<Self, Vec<FieldError>> {
        match (body.report.try_into(), body.when.try_into()) {
            (Ok(report), Ok(when)) => Ok(Self { report, when }),
            (report, when) => {
                let errors: [Option<Vec<FieldError>>; 2] = [report.err(), when.err()];
                Err(errors.into_iter().flatten().flatten().collect())
            }
        }
    }
}

/// What is to be different. `report` and `when` are given whole or not at all.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChangeSchedule {
    report: Option<RequestReport>,
    when: Option<When>,
    paused: Option<bool>,
}

impl TryFrom<ChangeSchedule> for schedule::Change {
    type Error = Vec<FieldError>;

    fn try_from(body: ChangeSchedule) -> Result<Self, Vec<FieldError>> {
        let report = body.report.map(TryInto::try_into).transpose();
        let when = body.when.map(TryInto::try_into).transpose();
        match (report, when) {
            (Ok(report), Ok(when)) => Ok(Self {
                report,
                when,
                paused: body.paused,
            }),
            (report, when) => {
                let errors: [Option<Vec<FieldError>>; 2] = [report.err(), when.err()];
                Err(errors.into_iter().flatten().flatten().collect())
            }
        }
    }
}
