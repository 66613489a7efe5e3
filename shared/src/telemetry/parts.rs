//! What the records of requests and of jobs have in common.

use std::time::Duration;

use serde::Serialize;
use uuid::Uuid;

use super::emf::millis;

/// How much of the database a request or a job used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DatabaseUse {
    /// Batches that were sent and waited for.
    pub round_trips: u32,
    /// The time waited for them.
    pub duration: Duration,
    /// Who answered the reads: `primary`, `fallback` (it, after a replica) or `replica`; `None`
    /// where nobody had the choice.
    pub read_from: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct Database {
    round_trips: u32,
    duration_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_from: Option<&'static str>,
}

impl From<DatabaseUse> for Database {
    fn from(database: DatabaseUse) -> Self {
        Self {
            round_trips: database.round_trips,
            duration_ms: millis(database.duration),
            read_from: database.read_from,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Tenant {
    pub(super) id: Uuid,
}

#[derive(Serialize)]
pub(super) struct Error<'a> {
    pub(super) code: &'a str,
}
