//! Statements that depend on each other, in one transaction.

use futures_util::future::{join, join3};
use tokio_postgres::Client;

use super::batch::{self, Access};
use super::door::Door;
use super::error::DbError;
use super::meter::Meter;
use super::statement::Work;
use crate::tenant::Tenant;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing has been sent: BEGIN and `app.enter` travel with the first work.
    Fresh,
    Open,
    Failed,
    /// COMMIT has travelled with the last work, and both succeeded.
    Ended,
    /// COMMIT has travelled with a work that failed: nothing was kept, and nothing is open.
    Lost,
}

/// A transaction in which row-level security admits one tenant.
///
/// `k` dependent steps cost `k` round trips, and not `k + 3`: the first carries BEGIN and
/// `app.enter`, and the last, when it goes through [`Transaction::finish`], carries COMMIT.
pub struct Transaction<'a> {
    client: &'a Client,
    /// Whether the connection's role is known to be one that may serve.
    checked: bool,
    meter: &'a Meter,
    door: Door,
    tenant: Tenant,
    access: Access,
    wants_position: bool,
    position: Option<u64>,
    state: State,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(
        (client, checked): (&'a Client, bool),
        meter: &'a Meter,
        (door, tenant, access): (Door, Tenant, Access),
        wants_position: bool,
    ) -> Self {
        Self {
            client,
            checked,
            meter,
            door,
            tenant,
            access,
            wants_position,
            position: None,
            state: State::Fresh,
        }
    }

    /// A transaction that only reads, in which the tenant has been entered already.
    pub(super) fn opened(
        client: &'a Client,
        meter: &'a Meter,
        (door, tenant): (Door, Tenant),
    ) -> Self {
        let access = Access::Snapshot;
        let mut opened = Self::new((client, true), meter, (door, tenant, access), false);
        opened.state = State::Open;
        opened
    }

    /// Whether it can go on: it was begun, nothing in it failed, and it has not ended.
    pub(super) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    pub(super) fn is_checked(&self) -> bool {
        self.checked
    }

    /// Where the log ended after COMMIT, if that was wanted.
    pub(super) fn position(&self) -> Option<u64> {
        self.position
    }

    /// Runs the next step.
    pub async fn run<W: Work>(&mut self, work: W) -> Result<W::Output, DbError> {
        let client = self.client;
        let output = match self.state {
            State::Fresh => {
                // Failed until proven open, so that a step dropped half-way is not taken for one.
                self.state = State::Failed;
                let batch = join3(
                    batch::begin(client, self.access, self.checked),
                    batch::enter(client, self.door, self.tenant),
                    work.run(client),
                );
                let (began, entered, output) = self.meter.trip(batch).await;
                self.checked |= began.is_ok();
                began.and(entered).and(output)
            }
            State::Open => {
                self.state = State::Failed;
                self.meter.trip(work.run(client)).await
            }
            State::Failed | State::Ended | State::Lost => return Err(DbError::Aborted),
        };
        if output.is_ok() {
            self.state = State::Open;
        }
        output
    }

    /// Runs the last step, and keeps the transaction if it succeeds.
    pub async fn finish<W: Work>(&mut self, work: W) -> Result<W::Output, DbError> {
        if self.state != State::Open {
            // A single step: the one-trip form is Database::write.
            return self.run(work).await;
        }
        self.state = State::Failed;
        let client = self.client;
        let batch = join3(
            work.run(client),
            batch::commit(client),
            batch::position(client, self.wants_position),
        );
        let (output, committed, position) = self.meter.trip(batch).await;
        self.state = State::Lost;
        let output = output?;
        committed?;
        self.position = position;
        self.state = State::Ended;
        Ok(output)
    }

    /// Ends what is still open: COMMIT when the work succeeded, ROLLBACK otherwise.
    pub(super) async fn end(&mut self, succeeded: bool) -> Result<(), DbError> {
        let commits = match (self.state, succeeded) {
            (State::Fresh | State::Ended, _) | (State::Lost, false) => return Ok(()),
            (State::Lost, true) => return Err(DbError::Aborted),
            (State::Open, true) => true,
            (State::Open | State::Failed, _) => false,
        };
        let failed = self.state == State::Failed;
        self.state = State::Ended;
        if !commits {
            let back = self.client.batch_execute("ROLLBACK");
            self.meter.trip(back).await?;
            return match succeeded && failed {
                true => Err(DbError::Aborted),
                false => Ok(()),
            };
        }
        let batch = join(
            batch::commit(self.client),
            batch::position(self.client, self.wants_position),
        );
        let (committed, position) = self.meter.trip(batch).await;
        self.position = position;
        committed
    }
}
