//! `sam local start-api` and `sam local start-lambda` as processes.

use std::{
    fs::{self, File},
    net::Ipv4Addr,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    net::{TcpListener, TcpStream},
    process::Child,
    time::{Instant, sleep, timeout},
};

use super::{Sam, SamError};
use crate::leash::Leash;

/// How long it may take to serve; it reads the template and makes its image, which takes seconds.
const READY_WAIT: Duration = Duration::from_mins(2);
const READY_EVERY: Duration = Duration::from_millis(100);
/// How long it may take to end; it removes its containers, which takes two seconds.
const STOP_WAIT: Duration = Duration::from_secs(30);

/// A serving process. Dropping it ends it without waiting, and its containers go with it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    leash: Leash,
    port: u16,
}

impl Server {
    /// Serves one stage of the HTTP API, whose name is not in its paths, on 127.0.0.1; port 0 takes
    /// any free one.
    ///
    /// # Errors
    ///
    /// It did not begin to serve.
    pub async fn api(sam: &Sam, stage: &str, port: u16) -> Result<Self, SamError> {
        let log = format!("start-api-{stage}.log");
        let stage = format!("LocalStage={stage}");
        let further = ["--parameter-overrides", &stage];
        Self::start(sam, "start-api", &further, port, &log).await
    }

    /// Serves the functions to Lambda's clients.
    ///
    /// # Errors
    ///
    /// It did not begin to serve.
    pub async fn lambda(sam: &Sam, port: u16) -> Result<Self, SamError> {
        Self::start(sam, "start-lambda", &[], port, "start-lambda.log").await
    }

    async fn start(
        sam: &Sam,
        command: &'static str,
        further: &[&str],
        port: u16,
        log: &str,
    ) -> Result<Self, SamError> {
        let port = match port {
            0 => free_port().await.map_err(SamError::Process)?,
            port => port,
        };
        let path = sam.dir().join(log);
        let log = File::create(&path).map_err(SamError::file(&path))?;
        let errors = log.try_clone().map_err(SamError::file(&path))?;
        let mut process = sam.command(&[command]);
        let child = process
            .args(further)
            // A function keeps its container from call to call.
            .args(["--warm-containers", "LAZY"])
            .arg("--port")
            .arg(port.to_string())
            .stdout(log)
            .stderr(errors)
            // Its own group: Ctrl-C at the terminal is for this program, which then stops it.
            .process_group(0)
            .spawn()
            .map_err(SamError::Process)?;
        let pid = child.id().ok_or(Errno::ESRCH);
        let leash = pid
            .map_err(std::io::Error::from)
            .and_then(|pid| Leash::tie(pid, Signal::SIGTERM))
            .map_err(SamError::Process)?;
        let mut server = Self { child, leash, port };
        match server.ready(command, path).await {
            Ok(()) => Ok(server),
            Err(error) => {
                server.stop().await?;
                Err(error)
            }
        }
    }

    /// Where it serves.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn ready(&mut self, command: &'static str, log: PathBuf) -> Result<(), SamError> {
        let deadline = Instant::now() + READY_WAIT;
        let reason = loop {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
                .await
                .is_ok()
            {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait().map_err(SamError::Process)? {
                break last_line(&log).unwrap_or_else(|| status.to_string());
            }
            if Instant::now() > deadline {
                break format!("did not serve within {} s", READY_WAIT.as_secs());
            }
            sleep(READY_EVERY).await;
        };
        Err(SamError::NotReady {
            command,
            reason,
            log,
        })
    }

    /// Ends it, and waits until its containers are gone.
    ///
    /// # Errors
    ///
    /// It could not be signalled.
    pub async fn stop(mut self) -> Result<(), SamError> {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok());
        if let Some(pid) = pid {
            match kill(Pid::from_raw(pid), Signal::SIGTERM) {
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(errno) => return Err(SamError::Process(errno.into())),
            }
        }
        match timeout(STOP_WAIT, self.child.wait()).await {
            Ok(outcome) => drop(outcome.map_err(SamError::Process)?),
            Err(_elapsed) => self.child.kill().await.map_err(SamError::Process)?,
        }
        self.leash.release().await.map_err(SamError::Process)
    }
}

/// What it said last, which is why it ended.
fn last_line(log: &Path) -> Option<String> {
    let text = fs::read_to_string(log).ok()?;
    let last = text.lines().rfind(|line| !line.trim().is_empty())?;
    Some(format!("said: {}", last.trim()))
}

async fn free_port() -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    Ok(listener.local_addr()?.port())
}
