//! Stops a server that an earlier, killed run left behind.

use std::{fs, io, path::Path, time::Duration};

use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    process::Command,
    time::{Instant, sleep},
};

use super::PostgresError;
use crate::say::say;

const STOP_WAIT: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Stops the server that still owns `data` and removes its leftover pid file.
///
/// The caller holds the folder's lock, so whatever runs here has lost its program.
pub(super) async fn stop_left_over(data: &Path) -> Result<(), PostgresError> {
    let path = data.join("postmaster.pid");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(PostgresError::file(path)(error)),
    };
    let number = text
        .lines()
        .next()
        .and_then(|line| line.trim().parse().ok());
    if let Some(pid) = number.filter(|number| *number > 1).map(Pid::from_raw)
        && serves(pid, data).await
    {
        say(format_args!(
            "stopping PostgreSQL {pid}, left over from a run that was killed"
        ));
        stop(pid, data).await?;
    }
    // The number in the file may meanwhile belong to another program, and PostgreSQL would
    // refuse to start beside it.
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(PostgresError::file(path)(error))
        }
        _ => Ok(()),
    }
}

async fn stop(pid: Pid, data: &Path) -> Result<(), PostgresError> {
    for signal in [Signal::SIGINT, Signal::SIGKILL] {
        match kill(pid, signal) {
            Ok(()) => {}
            Err(Errno::ESRCH) => return Ok(()),
            Err(errno) => return Err(PostgresError::Process(errno.into())),
        }
        let deadline = Instant::now() + STOP_WAIT;
        while Instant::now() < deadline {
            if !serves(pid, data).await {
                return Ok(());
            }
            sleep(LOOK_EVERY).await;
        }
    }
    Err(PostgresError::InUse(data.to_path_buf()))
}

/// Whether process `pid` is a PostgreSQL server on this data folder.
async fn serves(pid: Pid, data: &Path) -> bool {
    let command_line = match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).replace('\0', " "),
        Err(_no_proc_file_system) => {
            let mut command = Command::new("ps");
            command.args(["-o", "args=", "-p", &pid.to_string()]);
            match command.output().await {
                Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
                Err(_no_ps) => return false,
            }
        }
    };
    command_line.contains("postgres") && command_line.contains(&*data.to_string_lossy())
}
