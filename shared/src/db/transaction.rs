//! Statements that depend on each other, in one transaction.

use futures_util::future::{join, join3};
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use super::batch::{Access, Meter};
use super::door::Door;
use super::error::DbError;
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
    meter: &'a Meter,
    door: Door,
    tenant: Tenant,
    access: Access,
    state: State,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(
        client: &'a Client,
        meter: &'a Meter,
        door: Door,
        tenant: Tenant,
        access: Access,
    ) -> Self {
        Self {
            client,
            meter,
            door,
            tenant,
            access,
            state: State::Fresh,
        }
    }

    /// Runs the next step.
    pub async fn run<W: Work>(&mut self, work: W) -> Result<W::Output, DbError> {
        let client = self.client;
        let output = match self.state {
            State::Fresh => {
                // Failed until proven open, so that a step dropped half-way is not taken for one.
                self.state = State::Failed;
                let id = self.tenant.id();
                let parameter: [(&(dyn ToSql + Sync), Type); 1] = [(&id, Type::UUID)];
                let batch = join3(
                    client.batch_execute(self.access.begin()),
                    client.execute_typed(self.door.enter(), &parameter),
                    work.run(client),
                );
                let (began, entered, output) = self.meter.trip(batch).await;
                began
                    .map_err(DbError::from)
                    .and(entered.map_err(DbError::from))
                    .and(output)
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
        let batch = join(work.run(client), client.batch_execute("COMMIT"));
        let (output, committed) = self.meter.trip(batch).await;
        self.state = State::Lost;
        let output = output?;
        committed?;
        self.state = State::Ended;
        Ok(output)
    }

    /// Ends what is still open: COMMIT when the work succeeded, ROLLBACK otherwise.
    pub(super) async fn end(&mut self, succeeded: bool) -> Result<(), DbError> {
        let verb = match (self.state, succeeded) {
            (State::Fresh | State::Ended, _) | (State::Lost, false) => return Ok(()),
            (State::Lost, true) => return Err(DbError::Aborted),
            (State::Open, true) => "COMMIT",
            (State::Open | State::Failed, _) => "ROLLBACK",
        };
        let failed = self.state == State::Failed;
        self.state = State::Ended;
        self.meter.trip(self.client.batch_execute(verb)).await?;
        match succeeded && failed {
            true => Err(DbError::Aborted),
            false => Ok(()),
        }
    }
}
