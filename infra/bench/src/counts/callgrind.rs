//! Counting the instructions of a process that walks a path.

use std::env;
use std::io;
use std::process::{Output, Stdio};
use std::time::Duration;

use local::leash::Leash;
use nix::sys::signal::Signal;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use super::CountError;
use super::paths::HotPath;

/// How long one counted process may take, in seconds: some thousand times its usual time.
const PROCESS_WAIT_SECS: u64 = 600;
/// How much of what a failed process said is repeated, in lines.
const TOLD_LINES_MAX: usize = 3;

/// The instructions of a process that walks `path` `calls` times in this environment.
pub(super) async fn count(
    path: &HotPath,
    calls: u32,
    environment: &[(String, String)],
    event: &[u8],
) -> Result<u64, CountError> {
    let failed = |reason: String| CountError::Failed {
        path: path.name,
        reason,
    };
    let process = run(path, calls, environment, event);
    let output = timeout(Duration::from_secs(PROCESS_WAIT_SECS), process).await;
    let late = |_| failed(format!("not done after {PROCESS_WAIT_SECS} s"));
    let output = output.map_err(late)?.map_err(CountError::Valgrind)?;
    let told = String::from_utf8_lossy(&output.stderr);
    match collected(&told) {
        Some(count) if output.status.success() => Ok(count),
        _ => Err(failed(last_words(&told))),
    }
}

async fn run(
    path: &HotPath,
    calls: u32,
    environment: &[(String, String)],
    event: &[u8],
) -> io::Result<Output> {
    let mut child = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args(["path", path.name, &calls.to_string()])
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    // Valgrind would go on for minutes after this program was interrupted.
    let leash = child.id().map(|pid| Leash::tie(pid, Signal::SIGKILL));
    let leash = leash.transpose()?;
    if let Some(mut input) = child.stdin.take() {
        // A process that does not read it ends, and says why.
        drop(input.write_all(event).await);
    }
    let output = child.wait_with_output().await;
    if let Some(leash) = leash {
        leash.release().await?;
    }
    output
}

/// The total in what callgrind says at the end: `==4711== Collected : 123456`.
fn collected(told: &str) -> Option<u64> {
    let mut lines = told
        .lines()
        .filter_map(|line| line.split_once("Collected : "));
    lines.next_back()?.1.trim().parse().ok()
}

/// What the process itself said last, without valgrind's own lines.
fn last_words(told: &str) -> String {
    let own = told
        .lines()
        .filter(|line| !line.starts_with("==") && !line.trim().is_empty());
    let own: Vec<_> = own.collect();
    let first = own.len().saturating_sub(TOLD_LINES_MAX);
    own.get(first..).unwrap_or_default().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: &str = "\
==4711== Callgrind, a call-graph generating cache profiler
==4711== For interactive control, run 'callgrind_control -h'.
error: the answer was {}
==4711==
==4711== Events    : Ir
==4711== Collected : 123456789
";

    #[test]
    fn the_total_is_read() {
        assert_eq!(collected(TOLD), Some(123_456_789));
        assert_eq!(collected("==1== Collected :"), None);
        assert_eq!(collected("valgrind: no such file"), None);
    }

    #[test]
    fn only_the_process_s_own_words_are_repeated() {
        assert_eq!(last_words(TOLD), "error: the answer was {}");
        assert_eq!(last_words(""), "");
    }
}
