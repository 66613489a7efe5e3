//! Ends a child process when this program is gone, even when it was killed by SIGKILL.

use std::{io, process::Stdio};

use nix::sys::signal::Signal;
use tokio::process::{Child, ChildStdin, Command};

/// Ties another process to this one.
///
/// A small shell waits at the end of a pipe whose other end only this program holds. When the
/// program ends in whatever way, the kernel closes the pipe, the shell reads its end and sends
/// the signal. Dropping the leash does the same at once; [`Leash::release`] lets the process
/// live on.
#[derive(Debug)]
pub struct Leash {
    watcher: Child,
    _pipe: Option<ChildStdin>,
}

impl Leash {
    /// Has `signal` sent to the process `pid` when this program or the leash ends.
    ///
    /// # Errors
    ///
    /// No shell could be started.
    pub fn tie(pid: u32, signal: Signal) -> io::Result<Self> {
        let mut watcher = Command::new("/bin/sh")
            .args([
                "-c",
                r#"read -r _ || kill -s "$1" "$2" 2>/dev/null"#,
                "leash",
            ])
            .arg(signal.as_str().trim_start_matches("SIG"))
            .arg(pid.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Its own group: Ctrl-C at the terminal must not end the watcher before its time.
            .process_group(0)
            .spawn()?;
        let pipe = watcher.stdin.take();
        Ok(Self {
            watcher,
            _pipe: pipe,
        })
    }

    /// Unties the process without a signal.
    ///
    /// # Errors
    ///
    /// The watching shell could not be ended.
    pub async fn release(mut self) -> io::Result<()> {
        self.watcher.kill().await
    }
}
