//! The server's process: started, waited for, stopped.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    process::Child,
    time::{Instant, sleep, timeout},
};
use tokio_postgres::NoTls;

use super::{PostgresError, account::Account};
use crate::leash::Leash;

const READY_WAIT: Duration = Duration::from_secs(30);
const READY_EVERY: Duration = Duration::from_millis(20);
const CONNECT_WAIT: Duration = Duration::from_secs(2);
const STOP_WAIT: Duration = Duration::from_secs(10);

/// Settings of every cluster: loopback only, small, and UTC whatever the machine says.
const SETTINGS: [&str; 14] = [
    "listen_addresses=127.0.0.1",
    // No socket file: its path has a short limit (107 bytes on Linux), a checkout's path has not.
    "unix_socket_directories=",
    "max_connections=200",
    "shared_buffers=32MB",
    "max_wal_size=256MB",
    "wal_level=minimal",
    "max_wal_senders=0",
    "synchronous_commit=off",
    "jit=off",
    "log_checkpoints=off",
    "log_destination=stderr",
    "logging_collector=off",
    "TimeZone=UTC",
    "log_timezone=UTC",
];
/// For data that nobody needs after a power failure.
const VOLATILE_SETTINGS: [&str; 2] = ["fsync=off", "full_page_writes=off"];

/// The settings of a cluster; of two values for one name, the server takes the later.
pub(super) fn settings<'a>(durable: bool, further: &[&'a str]) -> Vec<&'a str> {
    let volatile: &[&str] = if durable { &[] } else { &VOLATILE_SETTINGS };
    let usual = SETTINGS.iter().chain(volatile);
    usual.chain(further).copied().collect()
}

#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    leash: Leash,
    port: u16,
}

impl Server {
    /// Starts `binary` on `home/data` and returns once `probe` connects.
    pub(super) async fn start(
        binary: &Path,
        home: &Path,
        port: u16,
        probe: &str,
        settings: &[&str],
        account: Account,
    ) -> Result<Self, PostgresError> {
        let log_path = home.join("postgres.log");
        let log = File::create(&log_path).map_err(PostgresError::file(&log_path))?;
        let mut command = account.command(binary);
        command.arg("-D").arg(home.join("data"));
        command.arg("-p").arg(port.to_string());
        for setting in settings {
            command.args(["-c", setting]);
        }
        let child = command
            .stdout(Stdio::null())
            .stderr(log)
            // Its own group: Ctrl-C at the terminal must not stop it before its users stopped.
            .process_group(0)
            .spawn()
            .map_err(PostgresError::Process)?;
        let pid = child.id().ok_or(Errno::ESRCH);
        let leash = pid
            .map_err(std::io::Error::from)
            .and_then(|pid| Leash::tie(pid, Signal::SIGINT))
            .map_err(PostgresError::Process)?;
        let mut server = Self { child, leash, port };
        match server.ready(probe, log_path).await {
            Ok(()) => Ok(server),
            Err(error) => {
                server.stop().await?;
                Err(error)
            }
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until a connection succeeds; a server that ended says why in its log.
    async fn ready(&mut self, probe: &str, log: PathBuf) -> Result<(), PostgresError> {
        let deadline = Instant::now() + READY_WAIT;
        while Instant::now() < deadline {
            if let Ok(Ok((_client, _connection))) =
                timeout(CONNECT_WAIT, tokio_postgres::connect(probe, NoTls)).await
            {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait().map_err(PostgresError::Process)? {
                let reason = last_complaint(&log).unwrap_or_else(|| status.to_string());
                return Err(PostgresError::Program {
                    program: "postgres",
                    reason,
                });
            }
            sleep(READY_EVERY).await;
        }
        Err(PostgresError::NotReady {
            seconds: READY_WAIT.as_secs(),
            log,
        })
    }

    /// Fast shutdown: ends connections, writes a checkpoint, exits.
    pub(super) async fn stop(mut self) -> Result<(), PostgresError> {
        if let Some(pid) = self.child.id() {
            interrupt(pid)?;
        }
        match timeout(STOP_WAIT, self.child.wait()).await {
            Ok(outcome) => drop(outcome.map_err(PostgresError::Process)?),
            Err(_elapsed) => self.child.kill().await.map_err(PostgresError::Process)?,
        }
        self.leash.release().await.map_err(PostgresError::Process)
    }
}

fn interrupt(pid: u32) -> Result<(), PostgresError> {
    let Ok(number) = i32::try_from(pid) else {
        return Ok(());
    };
    match kill(Pid::from_raw(number), Signal::SIGINT) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(errno) => Err(PostgresError::Process(errno.into())),
    }
}

fn last_complaint(log: &Path) -> Option<String> {
    let text = fs::read_to_string(log).ok()?;
    let line = text
        .lines()
        .rfind(|line| line.contains("FATAL:") || line.contains("PANIC:"))?;
    Some(line.to_owned())
}
