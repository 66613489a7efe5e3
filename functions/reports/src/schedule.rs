//! A report that is wanted again and again, by the tenant's own clock.
//!
//! The database knows the time zones: it says when a schedule is due, and `relay` orders the report.

use serde_json::Value;
use shared::db::DbError;
use shared::error::{ApiError, FieldError};
use shared::http::IfMatch;
use shared::ids::{ScheduleId, UserId};
use shared::page::Keyset;
use shared::storage::Format;
use shared::tenant::Role;
use time::OffsetDateTime;

use crate::types::{NewReport, ReportType};

/// The most schedules that a tenant has.
pub const SCHEDULES_MAX: i32 = 20;
/// The longest name of a time zone, in characters.
const ZONE_CHARS_MAX: usize = 100;
const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cadence {
    /// Every day.
    Daily,
    /// On one day of each week, 1 for Monday to 7 (ISO 8601).
    Weekly(i32),
    /// On one day of each month, 1 to 31; the last one of a month that is shorter.
    Monthly(i32),
}

impl Cadence {
    /// The word used in tables and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly(_) => "weekly",
            Self::Monthly(_) => "monthly",
        }
    }

    /// The day of the week, where there is one.
    pub fn weekday(self) -> Option<i32> {
        match self {
            Self::Weekly(day) => Some(day),
            Self::Daily | Self::Monthly(_) => None,
        }
    }

    /// The day of the month, where there is one.
    pub fn day_of_month(self) -> Option<i32> {
        match self {
            Self::Monthly(day) => Some(day),
            Self::Daily | Self::Weekly(_) => None,
        }
    }

    /// Reads what the table's CHECKs admit.
    pub fn read(word: &str, weekday: Option<i32>, day_of_month: Option<i32>) -> Self {
        match (word, weekday, day_of_month) {
            ("weekly", Some(day), _) => Self::Weekly(day),
            ("monthly", _, Some(day)) => Self::Monthly(day),
            _ => Self::Daily,
        }
    }

    fn new(word: &str, weekday: Option<&str>, day: Option<i32>) -> Result<Self, FieldError> {
        match (word, weekday, day) {
            ("daily", None, None) => Ok(Self::Daily),
            ("weekly", Some(weekday), None) => numbered(weekday).map(Self::Weekly),
            ("monthly", None, Some(day)) if (1..=31).contains(&day) => Ok(Self::Monthly(day)),
            ("monthly", None, Some(_)) => Err(FieldError::new(
                "when.day_of_month",
                "out_of_range",
                "must be from 1 to 31",
            )),
            ("weekly", None, _) => Err(FieldError::new("when.weekday", "required", "is missing")),
            ("monthly", _, None) => Err(FieldError::new(
                "when.day_of_month",
                "required",
                "is missing",
            )),
            ("daily" | "weekly" | "monthly", _, _) => Err(FieldError::new(
                "when",
                "conflicting",
                "names a weekday for weekly and a day_of_month for monthly, and no other day",
            )),
            _ => Err(FieldError::new(
                "when.cadence",
                "unknown_value",
                "must be daily, weekly or monthly",
            )),
        }
    }
}

fn numbered(weekday: &str) -> Result<i32, FieldError> {
    let place = (1..).zip(WEEKDAYS).find(|(_, name)| *name == weekday);
    place.map(|(number, _)| number).ok_or_else(|| {
        let detail = "must be a day from monday to sunday";
        FieldError::new("when.weekday", "unknown_value", detail)
    })
}

/// The name of a weekday by its number from 1.
pub fn weekday(number: i32) -> &'static str {
    let place = usize::try_from(number - 1).unwrap_or(0);
    WEEKDAYS.get(place).copied().unwrap_or("monday")
}

/// When a report is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// How often.
    pub cadence: Cadence,
    /// At which time of the day, as `HH:MM`.
    pub time: String,
    /// Where that time is: a name of the IANA database.
    pub zone: String,
}

impl When {
    /// Checks everything but whether there is such a time zone, which the database knows.
    pub fn new(
        (cadence, weekday, day): (&str, Option<&str>, Option<i32>),
        time: String,
        zone: String,
    ) -> Result<Self, Vec<FieldError>> {
        let cadence = Cadence::new(cadence, weekday, day);
        let zone_fits = (1..=ZONE_CHARS_MAX).contains(&zone.chars().count());
        let errors = [
            cadence.as_ref().err().cloned(),
            (!is_time(&time))
                .then(|| FieldError::new("when.time", "malformed", "must be from 00:00 to 23:59")),
            (!zone_fits).then(unknown_zone),
        ];
        match (cadence, errors.iter().all(Option::is_none)) {
            (Ok(cadence), true) => Ok(Self {
                cadence,
                time,
                zone,
            }),
            _ => Err(errors.into_iter().flatten().collect()),
        }
    }
}

/// A time zone that nobody has heard of.
fn unknown_zone() -> FieldError {
    FieldError::new(
        "when.time_zone",
        "unknown_value",
        "must be a name of the IANA database, such as Europe/Berlin",
    )
}

fn is_time(text: &str) -> bool {
    let number = |digits: &str, max: u32| {
        digits.len() == 2
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && digits.parse::<u32>().is_ok_and(|number| number <= max)
    };
    text.split_once(':')
        .is_some_and(|(hour, minute)| number(hour, 23) && number(minute, 59))
}

/// A schedule to be.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSchedule {
    /// What is wanted.
    pub report: NewReport,
    /// When.
    pub when: When,
}

/// What is to be different; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// What is wanted.
    pub report: Option<NewReport>,
    /// When.
    pub when: Option<When>,
    /// Whether it rests. One that goes on is due the next time, and not for what it missed.
    pub paused: Option<bool>,
}

/// A schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Identity.
    pub id: ScheduleId,
    /// What the reports are about.
    pub kind: String,
    /// Their parameters.
    pub params: Value,
    /// The form of their documents.
    pub format: Format,
    /// When they are wanted.
    pub when: When,
    /// Whether it rests.
    pub paused: bool,
    /// When the next one is due.
    pub next_run_at: OffsetDateTime,
    /// When the last one was.
    pub last_run_at: Option<OffsetDateTime>,
    /// Who made it.
    pub requested_by: Option<UserId>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it was last changed.
    pub updated_at: OffsetDateTime,
    /// Counts the changes, from 1.
    pub version: i32,
}

impl Schedule {
    /// Who may change it: whoever may ask for such a report.
    pub fn owners(&self) -> Role {
        ReportType::find(&self.kind).map_or(Role::Owner, |kind| kind.role)
    }

    /// Its place in the list of all schedules, newest first.
    pub fn key(&self) -> Keyset {
        Keyset {
            created_at: self.created_at,
            id: *self.id.as_uuid(),
        }
    }
}

/// Why something cannot be done with a schedule.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// It does not exist, or never did in this tenant.
    #[error("schedule not found")]
    NotFound,
    /// There is no such time zone.
    #[error("unknown time zone")]
    Zone,
    /// The tenant has as many as it may.
    #[error("there are {SCHEDULES_MAX} schedules, and there may be no more")]
    TooMany,
    /// It has changed since the caller saw it.
    #[error("the schedule has changed since")]
    Stale,
    /// Not about schedules.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<ScheduleError> for ApiError {
    fn from(error: ScheduleError) -> Self {
        match error {
            ScheduleError::NotFound => Self::not_found("schedule"),
            ScheduleError::Zone => unknown_zone().into(),
            ScheduleError::TooMany => Self::conflict("too_many_schedules", error.to_string()),
            ScheduleError::Stale => IfMatch::failed(),
            ScheduleError::Database(error) => error.into(),
        }
    }
}
