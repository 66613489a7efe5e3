//! Makes a new data folder with `initdb`.

use std::{fs, io, path::Path, time::Duration};

use tokio::time::timeout;

use super::{PostgresError, account::Account, locate::Installation};

/// The superuser that `initdb` creates.
pub(super) const SUPERUSER: &str = "postgres";
const INITDB_WAIT: Duration = Duration::from_mins(2);

/// The major version that made the data folder, or `None` when there is no finished one.
pub(super) fn made_by(data: &Path) -> Result<Option<u32>, PostgresError> {
    let path = data.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().map(Some).map_err(|_not_a_number| {
            let reason = format!("not a version: {}", text.trim());
            PostgresError::file(path)(io::Error::other(reason))
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PostgresError::file(path)(error)),
    }
}

/// Creates `data`, complete or not at all; passwords are checked with SCRAM-SHA-256.
pub(super) async fn create(
    data: &Path,
    password_file: &Path,
    installation: &Installation,
    account: Account,
) -> Result<(), PostgresError> {
    let unfinished = data.with_extension("unfinished");
    match fs::remove_dir_all(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(PostgresError::file(unfinished)(error));
        }
        _ => {}
    }
    let mut command = account.command(&installation.bin.join("initdb"));
    command
        .arg("--pgdata")
        .arg(&unfinished)
        .arg("--pwfile")
        .arg(password_file)
        .args(["--username", SUPERUSER, "--auth", "scram-sha-256"])
        .args(["--no-locale", "--encoding", "UTF8", "--no-sync"])
        .kill_on_drop(true);
    let failed = |reason: String| PostgresError::Program {
        program: "initdb",
        reason,
    };
    let output = timeout(INITDB_WAIT, command.output())
        .await
        .map_err(|_elapsed| failed(format!("no end after {} s", INITDB_WAIT.as_secs())))?
        .map_err(PostgresError::Process)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rfind(|line| !line.trim().is_empty());
        return Err(failed(last.unwrap_or("no reason given").to_owned()));
    }
    fs::rename(&unfinished, data).map_err(PostgresError::file(data))
}
