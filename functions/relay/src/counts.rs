//! What comes of a run.

use serde::Serialize;
use shared::db::DbError;
use shared::error::causes;
use time::Duration;

/// What a run has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Events sent.
    pub sent: u64,
    /// Attempts that a queue did not take, and work on a domain that the database refused: all of
    /// it is tried again.
    pub failed: u64,
    /// Attempts on events that no queue is known for; these stay as well.
    pub unknown: u64,
    /// Events removed because they were sent long ago.
    pub purged: u64,
    /// Stored answers removed because nobody may ask for them any more.
    pub expired: u64,
    /// Reports that a schedule ordered.
    pub fired: u64,
    /// Parked reports that were sent although nobody had woken them.
    pub woken: u64,
    /// Reports whose document has had its time.
    pub retired: u64,
    /// Documents removed.
    pub removed: u64,
    /// How long ago the oldest event happened that the run came across, when it did, in milliseconds.
    pub oldest_ms: u64,
}

impl Counts {
    /// Notes that an event of this age was come across; one from the future has none.
    pub(crate) fn came_across(&mut self, age: Duration) {
        let age_ms = u64::try_from(age.whole_milliseconds()).unwrap_or(0);
        self.oldest_ms = self.oldest_ms.max(age_ms);
    }
}

/// What has come of a run so far.
#[derive(Default)]
pub(crate) struct Tally {
    /// What has been done.
    pub(crate) counts: Counts,
    /// The first failure.
    pub(crate) error: Option<DbError>,
}

impl Tally {
    /// Notes a failure that does not end the run.
    pub(crate) fn fail(&mut self, task: &'static str, domain: &str, error: DbError) {
        let causes = causes(&error);
        tracing::error!(task, domain, error.causes = causes, "relay failed");
        self.counts.failed += 1;
        self.error.get_or_insert(error);
    }
}
