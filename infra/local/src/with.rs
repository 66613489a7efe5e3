//! `local with -- CMD`: runs a command beside a private PostgreSQL and private AWS services.
//!
//! Runs may go on side by side: each takes a slot, a numbered folder below `target/test-cloud`
//! with a lock, and has its own cluster, services and keys in it. PostgreSQL's data folder is
//! kept, since making one takes longest; the database in it is new each time.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use std::os::unix::process::ExitStatusExt as _;

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
    time::{sleep, timeout},
};

use crate::{
    aws::{Services, ServicesError, ServicesOptions},
    keys,
    leash::Leash,
    lock::FolderLock,
    postgres::{
        Cluster, ClusterOptions, PostgresError,
        database::{self, Earlier, SERVICES},
    },
    project,
    say::say,
};

/// How many runs may go on at the same time; a further one waits.
const SLOTS_MAX: u32 = 8;
const SLOT_EVERY: Duration = Duration::from_secs(1);
const SLOT_WAIT_TRIES_MAX: u32 = 3_600;
/// Databases that are faster to drop than a cluster is to make, its own three included.
const DATABASES_KEPT_MAX: usize = 12;
/// How long the command may take to end after Ctrl-C or SIGTERM.
const END_WAIT: Duration = Duration::from_secs(10);
/// The exit code of a command that a signal ended is this plus the signal's number.
const SIGNAL_CODE_BASE: i32 = 128;

/// What a developer's shell may hold that would lead an SDK to a real account.
const FOREIGN_VARIABLES: [&str; 5] = [
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_DEFAULT_PROFILE",
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "AWS_SESSION_TOKEN",
];

/// Why the command was not run to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WithError {
    /// PostgreSQL failed.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// An AWS service failed.
    #[error(transparent)]
    Services(#[from] ServicesError),
    /// A file of the slot cannot be used.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// All slots stayed in use.
    #[error("all {SLOTS_MAX} slots are in use by other runs; wait for one to end")]
    Busy,
    /// The command could not be started.
    #[error("cannot run {}: {source}", program.display())]
    Command {
        /// Its first word.
        program: OsString,
        /// What the system said.
        source: io::Error,
    },
    /// The command could not be tied to this program.
    #[error("cannot watch over the command: {0}")]
    Leash(io::Error),
    /// Signals cannot be received.
    #[error("cannot receive signals: {0}")]
    Signals(io::Error),
}

/// Runs `program` with the addresses of everything in its environment and answers its exit code.
///
/// # Errors
///
/// A part did not start, or the command did not.
pub async fn run(program: OsString, arguments: Vec<OsString>) -> Result<i32, WithError> {
    let slot = Slot::take(&project::root().join("target/test-cloud")).await?;
    let key = slot.dir.join("signing-key.pem");
    keys::signing_key(&key).map_err(|source| WithError::File {
        path: key.clone(),
        source,
    })?;
    let services = Services::start(ServicesOptions {
        dir: slot.dir.join("aws"),
        durable: false,
    })
    .await?;
    let cluster = start_cluster(slot.dir.join("postgres")).await?;
    let outcome = run_beside(&cluster, &services, &key, program, arguments).await;
    services.stop().await;
    cluster.stop().await?;
    outcome
}

/// Starts the slot's cluster, after removing one that is not worth keeping.
///
/// Nothing in it is needed again. Keeping it saves the time to make one, which is lost where
/// another version of PostgreSQL made it or where dropping the leftovers takes longer.
async fn start_cluster(dir: PathBuf) -> Result<Cluster, WithError> {
    let databases = fs::read_dir(dir.join("data/base"));
    if databases.is_ok_and(|entries| entries.count() > DATABASES_KEPT_MAX) {
        remove(dir.clone())?;
    }
    let options = ClusterOptions {
        dir,
        durable: false,
    };
    match Cluster::start(options.clone()).await {
        Err(PostgresError::OtherVersion { dir, .. }) => {
            remove(dir)?;
            Ok(Cluster::start(options).await?)
        }
        outcome => Ok(outcome?),
    }
}

fn remove(path: PathBuf) -> Result<(), WithError> {
    fs::remove_dir_all(&path).map_err(|source| WithError::File { path, source })
}

async fn run_beside(
    cluster: &Cluster,
    services: &Services,
    key: &Path,
    program: OsString,
    arguments: Vec<OsString>,
) -> Result<i32, WithError> {
    let _advice = database::prepare(cluster, Earlier::Drop).await?;
    let mut command = Command::new(&program);
    command
        .args(arguments)
        .envs(services.environment())
        .env("TOKEN_SIGNING_KEY_FILE", key)
        .env("DATABASE_URL", database::owner_url(cluster))
        .kill_on_drop(true);
    for name in FOREIGN_VARIABLES {
        command.env_remove(name);
    }
    for service in SERVICES {
        let name = format!("DATABASE_URL_{}", service.to_uppercase());
        command.env(name, database::service_url(cluster, service));
    }
    let mut interrupt = signal(SignalKind::interrupt()).map_err(WithError::Signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(WithError::Signals)?;
    let failed = |source| WithError::Command { program, source };
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(source) => return Err(failed(source)),
    };
    let leash = child.id().map(|pid| Leash::tie(pid, Signal::SIGTERM));
    let leash = leash.transpose().map_err(WithError::Leash)?;
    let status = tokio::select! {
        status = child.wait() => status,
        // At a terminal the command has had the same Ctrl-C; a second SIGINT does no harm.
        _ = interrupt.recv() => end(&mut child, Signal::SIGINT).await,
        _ = terminate.recv() => end(&mut child, Signal::SIGTERM).await,
    };
    if let Some(leash) = leash {
        leash.release().await.map_err(WithError::Leash)?;
    }
    status.map(exit_code).map_err(failed)
}

async fn end(child: &mut Child, signal: Signal) -> io::Result<ExitStatus> {
    if let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()) {
        // An error means that it has ended just now.
        let _ended = kill(Pid::from_raw(pid), signal);
    }
    if let Ok(status) = timeout(END_WAIT, child.wait()).await {
        return status;
    }
    child.start_kill()?;
    child.wait().await
}

fn exit_code(status: ExitStatus) -> i32 {
    status
        .code()
        .or_else(|| status.signal().map(|signal| SIGNAL_CODE_BASE + signal))
        .unwrap_or(SIGNAL_CODE_BASE)
}

struct Slot {
    dir: PathBuf,
    _lock: FolderLock,
}

impl Slot {
    async fn take(parent: &Path) -> Result<Self, WithError> {
        for tries in 0..SLOT_WAIT_TRIES_MAX {
            for number in 1..=SLOTS_MAX {
                let dir = parent.join(number.to_string());
                let path = dir.join("lock");
                match FolderLock::try_take(&path) {
                    Ok(Some(lock)) => return Ok(Self { dir, _lock: lock }),
                    Ok(None) => {}
                    Err(source) => return Err(WithError::File { path, source }),
                }
            }
            if tries == 0 {
                say(format_args!("waiting: {SLOTS_MAX} other runs are going on"));
            }
            sleep(SLOT_EVERY).await;
        }
        Err(WithError::Busy)
    }
}
