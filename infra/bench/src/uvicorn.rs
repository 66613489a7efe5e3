//! The peer as its users run it outside Lambda: workers behind one port.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use local::project;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::peers::Peers;

/// How often is looked whether it listens, and how many times.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS_MAX: u32 = 400;

/// A running server; ended with all its workers when dropped.
pub struct Uvicorn {
    child: Child,
    port: u16,
}

impl Uvicorn {
    /// Starts `workers` workers and waits until they listen.
    ///
    /// # Errors
    ///
    /// It could not be started, or did not listen in time.
    pub async fn start(
        peers: &Peers,
        environment: &BTreeMap<String, String>,
        workers: u32,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        drop(listener);
        let folder = project::root().join("target/bench/logs");
        fs::create_dir_all(&folder)?;
        let output = File::create(folder.join("uvicorn.log"))?;
        let (program, arguments): (PathBuf, _) = peers.uvicorn_command(port, workers);
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::from(output.try_clone()?))
            .stderr(Stdio::from(output))
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let server = Self { child, port };
        for _ in 0..LOOKS_MAX {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port))
                .await
                .is_ok()
            {
                return Ok(server);
            }
            sleep(LOOK_EVERY).await;
        }
        Err(io::ErrorKind::TimedOut.into())
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Uvicorn {
    fn drop(&mut self) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(id) = id {
            // An error means that it has just ended.
            let _ended = killpg(Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}
