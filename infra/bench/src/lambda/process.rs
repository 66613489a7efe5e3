//! The process of an instance, and what the kernel says that it used.

use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use local::project;
use tokio::process::{Child, Command};

use super::{Program, Used};

/// A running program; killed when dropped.
pub(super) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `program`, whose Runtime API is at `api`. Its output goes to a file, as a line on
    /// Lambda goes to a pipe: somewhere, at the price of a system call.
    pub(super) fn spawn(program: &Program, api: SocketAddr) -> io::Result<Self> {
        let folder = project::root().join("target/bench/logs");
        fs::create_dir_all(&folder)?;
        let log = folder.join(format!("{}.log", program.name));
        let output = File::create(&log)?;
        let child = Command::new(&program.command)
            .args(&program.arguments)
            .env_clear()
            .envs(&program.environment)
            .env("AWS_LAMBDA_RUNTIME_API", api.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::from(output.try_clone()?))
            .stderr(Stdio::from(output))
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self { child, log })
    }

    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    pub(super) fn used(&self) -> io::Result<Used> {
        let id = self.child.id().ok_or(io::ErrorKind::NotFound)?;
        used_by(id)
    }
}

/// What the process `id` has used.
pub(super) fn used_by(id: u32) -> io::Result<Used> {
    let mut cpu_ns = 0;
    for task in fs::read_dir(format!("/proc/{id}/task"))? {
        // Time on the CPU in nanoseconds, time waiting for it, number of turns.
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        cpu_ns += number(text.split_whitespace().next())?;
    }
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak_kib = number(peak.and_then(|line| line.split_whitespace().next()))?;
    Ok(Used {
        cpu: Duration::from_nanos(cpu_ns),
        peak_bytes: peak_kib * 1_024,
    })
}

fn number(text: Option<&str>) -> io::Result<u64> {
    let number = text.and_then(|text| text.parse().ok());
    number.ok_or_else(|| io::ErrorKind::InvalidData.into())
}
