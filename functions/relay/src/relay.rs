//! Rounds over all outboxes, until the run's time is up.
//!
//! An event is sent at least once: it is marked after SQS has taken it, and a relay that dies in
//! between leaves it claimed but unmarked, to be sent again. Receivers tell a repetition by the
//! event's identity.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use shared::clock::Clock;
use shared::config::{self, ConfigError};
use shared::db::{Database, DatabaseConfig, DbError};
use shared::deadline::Deadline;
use shared::error::causes;
use shared::jobs::{Envelope, Event, ReportRequested};
use shared::queue::Queue;
use shared::telemetry::{Counter, count};

use crate::routing::{Destination, destinations};
use crate::{purge, store};

/// How much of the function's time must be left for another outbox to be begun: one whose queue
/// does not answer takes this long.
pub const MARGIN: Duration = Duration::from_secs(5);

/// Events taken from one outbox in one round. They are sent well within the 30 s of their claim.
const TAKE_ROWS_MAX: i32 = 100;
/// How long a run lasts unless told otherwise, in seconds: the schedule starts one each minute.
const RUN_SECS: u64 = 50;
/// The pause after a round that left nothing behind unless told otherwise, in milliseconds.
const POLL_MS: u64 = 1_000;

/// Outboxes whose functions send their urgent events themselves, and how long these are left to
/// them, in seconds. The domain's other events wait as long: a report is counted as used ten
/// seconds later than it might be, which nobody notices.
const HELD_BACK_SECS: &[(&str, i32)] = &[("reports", 10)];

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
}

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
    /// The webhooks' dispatcher's queue.
    pub webhooks: Queue,
    /// How long a run lasts. It has one round at least, unless the deadline is near.
    pub run_for: Duration,
    /// The pause after a round that left nothing behind.
    pub pause: Duration,
}

impl Relay {
    /// Reads `DATABASE_URL` and what goes with it, `REPORT_QUEUE_URL`, `USAGE_QUEUE_URL`,
    /// `WEBHOOK_EVENT_QUEUE_URL`, `RELAY_RUN_SECONDS` and `OUTBOX_POLL_MS`.
    pub fn from_env() -> Result<Self, ConfigError> {
        let run_secs = config::parsed("RELAY_RUN_SECONDS", RUN_SECS)?;
        let poll_ms = config::parsed("OUTBOX_POLL_MS", POLL_MS)?;
        Ok(Self {
            clock: Clock::System,
            db: Database::new(DatabaseConfig::from_env()?),
            reports: Queue::new(config::required("REPORT_QUEUE_URL")?),
            usage: Queue::new(config::required("USAGE_QUEUE_URL")?),
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
        let mut more = self.round(&domains, deadline, &mut tally).await;
        while self.clock.now() < until && !deadline.near() {
            if !more {
                tokio::time::sleep(self.pause).await;
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
            "relay has run"
        );
        error.map_or(Ok(counts), Err)
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
        let held_back = HELD_BACK_SECS.iter().find(|(held, _)| *held == domain);
        let older_than_secs = held_back.map_or(0, |(_, secs)| *secs);
        let take = store::take(domain, older_than_secs, TAKE_ROWS_MAX);
        let events = self.db.without_tenant(take).await?;
        if events.is_empty() {
            return Ok(false);
        }
        let sent = self.send(&events, counts).await;
        let pairs = sent
            .iter()
            .map(|event| (*event.tenant().id().as_uuid(), *event.id.as_uuid()));
        let (tenants, ids) = pairs.unzip();
        self.db
            .without_tenant(store::sent(domain, tenants, ids))
            .await?;
        self.report_stragglers(&sent);
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

    /// Counts the events that their own function was to send, and did not.
    fn report_stragglers(&self, sent: &[&Envelope<Value>]) {
        let stragglers = sent
            .iter()
            .filter(|event| event.kind == ReportRequested::TYPE);
        let stragglers = u32::try_from(stragglers.count()).unwrap_or(u32::MAX);
        if stragglers > 0 {
            let now = self.clock.now();
            count(
                Counter::OutboxResent,
                stragglers,
                ReportRequested::TYPE,
                now,
            );
        }
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

/// What has come of a run so far.
#[derive(Default)]
struct Tally {
    counts: Counts,
    /// The first failure.
    error: Option<DbError>,
}

impl Tally {
    fn fail(&mut self, task: &'static str, domain: &str, error: DbError) {
        let causes = causes(&error);
        tracing::error!(task, domain, error.causes = causes, "relay failed");
        self.counts.failed += 1;
        self.error.get_or_insert(error);
    }
}

fn size(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
