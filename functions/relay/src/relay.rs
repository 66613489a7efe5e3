//! Rounds over all outboxes, until the run's time is up.
//!
//! An event is sent at least once: it is marked after SQS has taken it, and a relay that dies in
//! between leaves it claimed but unmarked, to be sent again. Receivers tell a repetition by the
//! event's identity.

use std::time::Duration;

use serde_json::Value;
use shared::clock::Clock;
use shared::config::{self, ConfigError};
use shared::db::{Database, DatabaseConfig, DbError};
use shared::deadline::Deadline;
use shared::jobs::{Envelope, Event, ReportRequested};
use shared::queue::Queue;
use shared::storage::Storage;
use shared::telemetry::outbox_age;

use crate::counts::{Counts, Tally};
use crate::due::{self, Cursor};
use crate::routing::{Destination, destinations};
use crate::{purge, store};

/// How much of the function's time must be left for another outbox to be begun: one whose queue
/// does not answer takes this long.
pub const MARGIN: Duration = Duration::from_secs(5);

/// Events taken from one outbox in one round. They are sent well within the 30 s of their claim.
const TAKE_ROWS_MAX: i32 = 100;
/// How long a run lasts unless told otherwise, in seconds: until the next one has begun, which the
/// schedule starts each minute.
const RUN_SECS: u64 = 75;
/// The pause after a round that left nothing behind unless told otherwise, in milliseconds.
const POLL_MS: u64 = 1_000;
/// The pause between two looks at what is due by the clock, in seconds.
const DUE_SECS: i64 = 10;
/// How long one such look may go on, in milliseconds: events wait meanwhile. The next one does the rest.
const LOOK_MS: u64 = 1_000;
/// How long the document of a report is kept unless told otherwise, in days.
const KEEP_DAYS: i32 = 30;

/// The relay, and where it sends to.
#[derive(Clone)]
pub struct Relay {
    /// The time.
    pub clock: Clock,
    /// The database, as the relay's own role.
    pub db: Database,
    /// The report worker's queue.
    pub reports: Queue,
    /// Billing's queue.
    pub usage: Queue,
    /// Where reports' documents are.
    pub documents: Storage,
    /// How long a document is kept, in days.
    pub keep_days: i32,
    /// Whose parked reports were looked after last.
    pub woken_to: Cursor,
    /// The webhooks' dispatcher's queue.
    pub webhooks: Queue,
    /// How long a run lasts. It has one round at least, unless the deadline is near.
    pub run_for: Duration,
    /// The pause after a round that left nothing behind.
    pub pause: Duration,
}

impl Relay {
    /// Reads `DATABASE_URL` and what goes with it, `REPORT_QUEUE_URL`, `USAGE_QUEUE_URL`,
    /// `WEBHOOK_EVENT_QUEUE_URL`, `REPORTS_BUCKET`, `REPORT_KEEP_DAYS`, `RELAY_RUN_SECONDS` and
    /// `OUTBOX_POLL_MS`.
    pub fn from_env() -> Result<Self, ConfigError> {
        let run_secs = config::parsed("RELAY_RUN_SECONDS", RUN_SECS)?;
        let poll_ms = config::parsed("OUTBOX_POLL_MS", POLL_MS)?;
        Ok(Self {
            clock: Clock::System,
            db: Database::new(DatabaseConfig::from_env()?),
            reports: Queue::new(config::required("REPORT_QUEUE_URL")?),
            usage: Queue::new(config::required("USAGE_QUEUE_URL")?),
            documents: Storage::new(config::required("REPORTS_BUCKET")?),
            keep_days: config::parsed("REPORT_KEEP_DAYS", KEEP_DAYS)?,
            woken_to: Cursor::default(),
            webhooks: Queue::new(config::required("WEBHOOK_EVENT_QUEUE_URL")?),
            run_for: Duration::from_secs(run_secs),
            pause: Duration::from_millis(poll_ms),
        })
    }

    /// Runs until [`Relay::run_for`] has passed or the deadline is near, and then purges.
    ///
    /// What fails for one domain keeps no other waiting, but the run ends in the first such error,
    /// so that it shows.
    pub async fn run(&self, deadline: &Deadline) -> Result<Counts, DbError> {
        let until = self.clock.now() + self.run_for;
        let domains = self.db.without_tenant(store::domains()).await?;
        let mut tally = Tally::default();
        // What is committed goes out before anything is asked of the bucket.
        let mut more = self.round(&domains, deadline, &mut tally).await;
        self.look_at_the_clock(deadline, &mut tally).await;
        let mut due_at = self.clock.now() + time::Duration::seconds(DUE_SECS);
        if tally.counts.fired > 0 {
            more |= self.round(&domains, deadline, &mut tally).await;
        }
        while self.clock.now() < until && !deadline.near() {
            if !more {
                tokio::time::sleep(self.pause).await;
            }
            if self.clock.now() >= due_at {
                self.look_at_the_clock(deadline, &mut tally).await;
                due_at = self.clock.now() + time::Duration::seconds(DUE_SECS);
            }
            more = self.round(&domains, deadline, &mut tally).await;
        }
        self.purge(&domains, deadline, &mut tally).await;
        let Tally { counts, error } = tally;
        tracing::info!(
            sent = counts.sent,
            failed = counts.failed,
            unknown = counts.unknown,
            purged = counts.purged,
            expired = counts.expired,
            fired = counts.fired,
            woken = counts.woken,
            retired = counts.retired,
            removed = counts.removed,
            "relay has run"
        );
        outbox_age(Duration::from_millis(counts.oldest_ms), self.clock.now());
        error.map_or(Ok(counts), Err)
    }

    /// Does what is due by the clock.
    async fn look_at_the_clock(&self, deadline: &Deadline, tally: &mut Tally) {
        let documents = (&self.documents, self.keep_days);
        let look = deadline.at_most(Duration::from_millis(LOOK_MS));
        due::all(&self.db, documents, &self.woken_to, &look, tally).await;
    }

    /// Serves each outbox once, as far as the deadline allows; answers whether one of them is
    /// likely to have more.
    async fn round(&self, domains: &[String], deadline: &Deadline, tally: &mut Tally) -> bool {
        let mut more = false;
        for domain in domains {
            if deadline.near() {
                break;
            }
            match self.serve(domain, &mut tally.counts).await {
                Ok(full) => more |= full,
                Err(error) => tally.fail("serve outbox", domain, error),
            }
        }
        more
    }

    /// Serves one outbox; answers whether to come again at once: it gave as many events as it may,
    /// and not all of them are waiting for a queue that takes nothing.
    async fn serve(&self, domain: &str, counts: &mut Counts) -> Result<bool, DbError> {
        let take = store::take(domain, TAKE_ROWS_MAX);
        let events = self.db.without_tenant(take).await?;
        if events.is_empty() {
            return Ok(false);
        }
        // They come oldest first. A report that was parked is asked for by its old event once more.
        let oldest = events.iter().find(|one| one.kind != ReportRequested::TYPE);
        if let Some(oldest) = oldest {
            counts.came_across(self.clock.now() - oldest.occurred_at);
        }
        let sent = self.send(&events, counts).await;
        let pairs = sent
            .iter()
            .map(|event| (*event.tenant().id().as_uuid(), *event.id.as_uuid()));
        let (tenants, ids) = pairs.unzip();
        self.db
            .without_tenant(store::sent(domain, tenants, ids))
            .await?;
        let full = i32::try_from(events.len()).is_ok_and(|rows| rows >= TAKE_ROWS_MAX);
        Ok(full && !sent.is_empty())
    }

    /// Sends events to where they go, and answers with those that every queue has taken. One that some
    /// queue did not take goes to all of its queues again: receivers know a repetition.
    async fn send<'a>(
        &self,
        events: &'a [Envelope<Value>],
        counts: &mut Counts,
    ) -> Vec<&'a Envelope<Value>> {
        let mut sent: Vec<_> = events.iter().collect();
        sent.retain(|event| {
            let known = !destinations(&event.kind).is_empty();
            if !known {
                counts.unknown += 1;
                tracing::error!(event.type = event.kind, event.id = %event.id, "unknown event");
            }
            known
        });
        let tried = sent.len();
        for (destination, queue) in [
            (Destination::Reports, &self.reports),
            (Destination::Usage, &self.usage),
            (Destination::Webhooks, &self.webhooks),
        ] {
            let goes = |event: &Envelope<Value>| destinations(&event.kind).contains(&destination);
            let load: Vec<_> = events.iter().filter(|event| goes(event)).collect();
            let taken = queue.send_all(&load).await;
            sent.retain(|event| !goes(event) || taken.contains(&event.id));
        }
        counts.sent += size(sent.len());
        counts.failed += size(tried - sent.len());
        sent
    }

    async fn purge(&self, domains: &[String], deadline: &Deadline, tally: &mut Tally) {
        for domain in domains {
            match purge::outbox(&self.db, domain, deadline).await {
                Ok(purged) => tally.counts.purged += purged,
                Err(error) => tally.fail("purge outbox", domain, error),
            }
        }
        match purge::idempotency(&self.db, deadline).await {
            Ok(expired) => tally.counts.expired += expired,
            Err(error) => tally.fail("expire stored answers", "all", error),
        }
    }
}

fn size(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
