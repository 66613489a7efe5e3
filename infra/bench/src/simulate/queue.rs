//! The queue of reports when some tenants have thousands waiting: how long do the others wait?
//!
//! The queue is an SQS standard queue as AWS documents it: it delivers the oldest message, or,
//! being fair, the oldest of tenants that are not noisy. Workers take one message at a time.

mod fairness;
mod jobs;
mod line;
pub mod report;
mod run;

/// In which order the queue delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The oldest first: a queue without `MessageGroupId`.
    Oldest,
    /// A fair queue.
    Fair {
        /// How long it takes to find out who is noisy, in milliseconds. AWS does not say.
        lag_ms: u64,
    },
}

/// How a tenant is kept from running more than so many jobs at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cap {
    /// Not at all.
    None,
    /// A worker that is handed one job too many puts it back.
    PutBack {
        /// The jobs of one tenant that may run.
        running: usize,
        /// How long the message stays hidden then, in milliseconds, give or take a half.
        for_ms: u64,
    },
    /// A job enters the queue when there is room for it; until then it waits in the outbox.
    BeforeQueue {
        /// The jobs of one tenant that may be in the queue or running.
        running: usize,
    },
}

/// What is simulated.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// Where the random numbers start.
    pub seed: u64,
    /// Jobs that can run at once.
    pub workers: usize,
    /// Tenants with a backlog.
    pub noisy_tenants: usize,
    /// Jobs of each of them, all sent at once.
    pub backlog: usize,
    /// The queue.
    pub order: Order,
    /// The cap.
    pub cap: Cap,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// For each quiet tenant's job: how many jobs of noisy tenants it waited for, one after the
    /// other, on the worker that then took it.
    pub behind: Vec<usize>,
    /// For each quiet tenant's job: how long it waited, in milliseconds.
    pub waits_ms: Vec<u64>,
    /// When the last job of a noisy tenant was done, in milliseconds.
    pub noisy_done_ms: u64,
    /// The most often that one message was received. Past five it would be on the dead-letter
    /// queue.
    pub receives_max: u32,
}

impl Outcome {
    /// Runs a setup.
    pub fn of(setup: &Setup) -> Self {
        run::run(setup)
    }

    /// The most jobs of noisy tenants that a quiet tenant's one job waited for.
    pub fn behind_max(&self) -> usize {
        self.behind.iter().copied().max().unwrap_or(0)
    }

    /// The wait that 99 of 100 quiet jobs stay within, in milliseconds.
    pub fn wait_p99_ms(&self) -> u64 {
        let mut waits_ms = self.waits_ms.clone();
        waits_ms.sort_unstable();
        let last = waits_ms.len().saturating_sub(1);
        waits_ms.get(last * 99 / 100).copied().unwrap_or(0)
    }
}
