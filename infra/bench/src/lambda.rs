//! One instance of a program under the Lambda Runtime API, one event at a time, and what it costs.
//!
//! The protocol is <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>. An instance is
//! driven as the service drives it: started, waited for until it asks for its first event, and
//! given the next one only after it has answered the last.

mod api;
mod process;

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use self::api::{Asker, Doors, Outcome};
use self::process::Process;

/// How long a program may take to ask for its first event, in seconds.
const START_WAIT_SECS: u64 = 60;
/// How long an event may take, in seconds.
const ANSWER_WAIT_SECS: u64 = 30;

/// Why an instance could not be measured; each text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriveError {
    /// The program could not be started, or its API could not be served.
    #[error("{program}: {source}")]
    Start {
        /// The program's name.
        program: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// It did not ask for an event, or did not answer one, in time; its log says why.
    #[error("{program} {what} in time; see {}", log.display())]
    Silent {
        /// The program's name.
        program: &'static str,
        /// What it did not do.
        what: &'static str,
        /// Where its output went.
        log: PathBuf,
    },
    /// It answered with an error.
    #[error("{program} failed: {error}")]
    Failed {
        /// The program's name.
        program: &'static str,
        /// What it said.
        error: String,
    },
    /// The kernel does not tell what the process used.
    #[error("{program}: the kernel does not tell what it used: {source}")]
    Unmeasured {
        /// The program's name.
        program: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// A program that speaks the Runtime API.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its name, for people and for its log.
    pub name: &'static str,
    /// The file to run.
    pub command: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its whole environment, but for the address of the Runtime API.
    pub environment: BTreeMap<String, String>,
}

/// A running instance; killed when dropped.
pub struct Instance {
    program: &'static str,
    process: Process,
    askers: mpsc::Receiver<Asker>,
    outcomes: mpsc::Receiver<Outcome>,
    server: JoinHandle<()>,
    asker: Option<Asker>,
    to_first_next: Duration,
}

/// What an instance has used since it was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// CPU time of all its threads.
    pub cpu: Duration,
    /// The most memory it had at any moment, in bytes (`VmHWM`).
    pub peak_bytes: u64,
}

/// What this program itself has used until now.
///
/// # Errors
///
/// When the kernel does not tell.
pub fn used_by_this() -> io::Result<Used> {
    process::used_by(std::process::id())
}

impl Instance {
    /// Starts `program` and waits until it asks for its first event.
    ///
    /// # Errors
    ///
    /// [`DriveError::Start`] and [`DriveError::Silent`].
    pub async fn start(program: &Program) -> Result<Self, DriveError> {
        let name = program.name;
        let failed = |source| DriveError::Start {
            program: name,
            source,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (doors, askers, outcomes) = Doors::new();
        let server = tokio::spawn(api::serve(listener, doors));
        let start = Instant::now();
        let process = Process::spawn(program, address).map_err(failed)?;
        let mut instance = Self {
            program: name,
            process,
            askers,
            outcomes,
            server,
            asker: None,
            to_first_next: Duration::ZERO,
        };
        let wait = Duration::from_secs(START_WAIT_SECS);
        let asked = timeout(wait, instance.askers.recv()).await.ok().flatten();
        instance.to_first_next = start.elapsed();
        instance.asker = Some(asked.ok_or_else(|| instance.silent("did not ask for an event"))?);
        Ok(instance)
    }

    /// From the start of the process until it asked for its first event.
    pub fn to_first_next(&self) -> Duration {
        self.to_first_next
    }

    /// Has it work on `event`: the answer, and the time from handing out to receiving.
    ///
    /// # Errors
    ///
    /// [`DriveError::Silent`] and [`DriveError::Failed`].
    pub async fn invoke(&mut self, event: &Bytes) -> Result<(Bytes, Duration), DriveError> {
        let wait = Duration::from_secs(ANSWER_WAIT_SECS);
        let asker = match self.asker.take() {
            Some(asker) => Some(asker),
            None => timeout(wait, self.askers.recv()).await.ok().flatten(),
        };
        let asker = asker.ok_or_else(|| self.silent("did not ask for an event"))?;
        let start = Instant::now();
        // An instance that has just ended shows in the missing answer.
        drop(asker.send(event.clone()));
        let outcome = timeout(wait, self.outcomes.recv()).await.ok().flatten();
        let elapsed = start.elapsed();
        match outcome {
            Some(Ok(answer)) => Ok((answer, elapsed)),
            Some(Err(error)) => Err(DriveError::Failed {
                program: self.program,
                error,
            }),
            None => Err(self.silent("did not answer")),
        }
    }

    /// What it has used so far.
    ///
    /// # Errors
    ///
    /// [`DriveError::Unmeasured`].
    pub fn used(&self) -> Result<Used, DriveError> {
        self.process
            .used()
            .map_err(|source| DriveError::Unmeasured {
                program: self.program,
                source,
            })
    }

    fn silent(&self, what: &'static str) -> DriveError {
        DriveError::Silent {
            program: self.program,
            what,
            log: self.process.log().to_path_buf(),
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.server.abort();
    }
}
