//! All silos: a few at a time, each on its own, none at the cost of its neighbours.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use shared::db::{self, DatabaseConfig};
use shared::deadline::Deadline;
use tokio_postgres::Client;

use crate::MigrateError;
use crate::silo::{self, SiloState};

/// How many silos are migrated at the same time, each over a connection of its own.
const CONNECTIONS: usize = 4;
/// After how many silos the log is told how far the run is.
const PROGRESS_SILOS: usize = 10;
/// How many silos an error names; the log names them all.
const NAMED_SILOS_MAX: usize = 20;

/// Silos that a run did not bring up to date.
#[derive(Debug, Default)]
pub struct SilosLeft {
    /// Those that it brought up to date.
    pub done: usize,
    /// Those that it had not begun when its time was up.
    pub remaining: usize,
    /// Those that refused, each with the reason.
    pub failed: Vec<(String, String)>,
}

impl fmt::Display for SilosLeft {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, remaining, failed) = (self.done, self.remaining, self.failed.len());
        write!(
            formatter,
            "{done} done, {remaining} remaining, {failed} failed"
        )?;
        for (schema, reason) in self.failed.iter().take(NAMED_SILOS_MAX) {
            write!(formatter, "; {schema}: {reason}")?;
        }
        Ok(())
    }
}

struct Round<'a> {
    database: &'a DatabaseConfig,
    deadline: &'a Deadline,
    silos: Vec<SiloState>,
    next: AtomicUsize,
    done: AtomicUsize,
    failed: Mutex<Vec<(String, String)>>,
}

/// Brings all silos up to date; answers how many lacked something.
///
/// What an earlier run did is in the register, so that this one begins where that one ended.
pub(crate) async fn catch_up(
    client: &Client,
    database: &DatabaseConfig,
    deadline: &Deadline,
) -> Result<usize, MigrateError> {
    let mut silos = silo::states(client, None).await?;
    silos.retain(|silo| !silo.missing.is_empty() || silo.changed.is_some());
    let round = Round {
        database,
        deadline,
        silos,
        next: AtomicUsize::new(0),
        done: AtomicUsize::new(0),
        failed: Mutex::default(),
    };
    let workers = CONNECTIONS.min(round.silos.len());
    join_all((0..workers).map(|_| round.work())).await;
    round.end()
}

impl Round<'_> {
    async fn work(&self) {
        let mut client = None;
        while !self.deadline.near() {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(silo) = self.silos.get(place) else {
                return;
            };
            match self.bring(&mut client, silo).await {
                Ok(()) => self.progress(),
                Err(error) => self.fail(silo, &error),
            }
        }
    }

    async fn bring(
        &self,
        client: &mut Option<Client>,
        silo: &SiloState,
    ) -> Result<(), MigrateError> {
        let mut open = match client.take().filter(|client| !client.is_closed()) {
            Some(open) => open,
            None => db::open(self.database).await?,
        };
        let outcome = silo::bring(&mut open, silo).await;
        *client = Some(open);
        outcome
    }

    fn progress(&self) {
        let (done, of) = (
            self.done.fetch_add(1, Ordering::Relaxed) + 1,
            self.silos.len(),
        );
        if done % PROGRESS_SILOS == 0 || done == of {
            tracing::info!(done, of, "silos migrated");
        }
    }

    fn fail(&self, silo: &SiloState, error: &MigrateError) {
        tracing::error!(silo = silo.schema, error = %error, "silo not migrated");
        if let Ok(mut failed) = self.failed.lock() {
            failed.push((silo.schema.clone(), error.to_string()));
        }
    }

    fn end(self) -> Result<usize, MigrateError> {
        let (of, done) = (self.silos.len(), self.done.into_inner());
        let mut failed = self.failed.into_inner().unwrap_or_default();
        failed.sort();
        let remaining = of.saturating_sub(done).saturating_sub(failed.len());
        match done == of {
            true => Ok(of),
            false => Err(MigrateError::Silos(SilosLeft {
                done,
                remaining,
                failed,
            })),
        }
    }
}
