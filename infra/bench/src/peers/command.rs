//! Programs that are run to their end, with what they say in one line.

use std::{ffi::OsStr, io, path::Path, process::Stdio, time::Duration};

use local::project;
use tokio::{process::Command, time::timeout};

use super::PeersError;

const RUN_WAIT: Duration = Duration::from_mins(10);

/// Runs a program and answers what it wrote to its standard output.
pub(super) async fn run<I, A>(program: &Path, arguments: I) -> Result<String, PeersError>
where
    I: IntoIterator<Item = A>,
    A: AsRef<OsStr>,
{
    end(program, arguments, Stdio::piped()).await
}

/// Has Debian's package installed where its command is missing; `pair` is `command:package`.
pub(super) async fn install(pair: &str) -> Result<(), PeersError> {
    let script = project::root().join("infra/install.sh");
    // What an installer says belongs to the progress.
    end(&script, [pair], io::stderr().into()).await?;
    Ok(())
}

async fn end<I, A>(program: &Path, arguments: I, stdout: Stdio) -> Result<String, PeersError>
where
    I: IntoIterator<Item = A>,
    A: AsRef<OsStr>,
{
    let failed = |reason: String| PeersError::Program {
        program: program.display().to_string(),
        reason,
    };
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let output = match timeout(RUN_WAIT, child.wait_with_output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(failed(error.to_string())),
        Err(_elapsed) => return Err(failed(format!("no end after {} s", RUN_WAIT.as_secs()))),
    };
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rfind(|line| !line.trim().is_empty());
    Err(failed(match last {
        Some(line) => line.trim().to_owned(),
        None => output.status.to_string(),
    }))
}
