//! A Redis server on 127.0.0.1 that keeps nothing.

use std::{io, net::Ipv4Addr, process::Stdio, time::Duration};

use local::{leash::Leash, say::say};
use nix::sys::signal::Signal;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

use super::{PeersError, command::install};

const PROGRAM: &str = "redis-server";
/// Its command and its package.
const PACKAGE: &str = "redis-server:redis-server";
const READY_WAIT: Duration = Duration::from_secs(5);
const READY_EVERY: Duration = Duration::from_millis(10);
const ANSWER_WAIT: Duration = Duration::from_millis(500);
const STOP_WAIT: Duration = Duration::from_secs(5);
/// Another program may take the free port first.
const STARTS_MAX: u32 = 5;

/// A running server; it is killed when this value is dropped or this program ends.
///
/// It listens on TCP, as a service in the network does, and not on a socket file.
#[derive(Debug)]
pub(super) struct Redis {
    child: Child,
    leash: Leash,
    port: u16,
}

impl Redis {
    /// Installs the server if it is missing, and starts it.
    pub(super) async fn start() -> Result<Self, PeersError> {
        install(PACKAGE).await?;
        for _ in 1..STARTS_MAX {
            match Self::start_once().await {
                Err(error) => say(format_args!("{error}, trying another port")),
                started => return started,
            }
        }
        Self::start_once().await
    }

    async fn start_once() -> Result<Self, PeersError> {
        let port = free_port().await.map_err(broken)?;
        let child = Command::new(PROGRAM)
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .args(["--save", "", "--appendonly", "no"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Its own group: Ctrl-C at the terminal must not end it before its users.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(broken)?;
        let pid = child
            .id()
            .ok_or_else(|| failed("ended at once".to_owned()))?;
        let leash = Leash::tie(pid, Signal::SIGKILL).map_err(broken)?;
        let mut server = Self { child, leash, port };
        server.ready().await?;
        Ok(server)
    }

    async fn ready(&mut self) -> Result<(), PeersError> {
        let deadline = Instant::now() + READY_WAIT;
        while Instant::now() < deadline {
            let answers = matches!(timeout(ANSWER_WAIT, ping(self.port)).await, Ok(Ok(true)));
            // Asked after the answer: it may have come from another server on this port.
            if let Some(status) = self.child.try_wait().map_err(broken)? {
                return Err(failed(status.to_string()));
            }
            if answers {
                return Ok(());
            }
            sleep(READY_EVERY).await;
        }
        Err(PeersError::NotReady {
            seconds: READY_WAIT.as_secs(),
        })
    }

    /// Where clients find it.
    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills it, since it keeps nothing, and waits until it is gone.
    pub(super) async fn stop(mut self) {
        // Errors mean that they have ended by themselves.
        let _ended = timeout(STOP_WAIT, self.child.kill()).await;
        let _untied = timeout(STOP_WAIT, self.leash.release()).await;
    }
}

/// One `PING` (<https://redis.io/docs/latest/develop/reference/protocol-spec/#inline-commands>).
async fn ping(port: u16) -> io::Result<bool> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(b"PING\r\n").await?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await?;
    Ok(&answer == b"+PONG")
}

async fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    Ok(listener.local_addr()?.port())
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err wants it")]
fn broken(error: io::Error) -> PeersError {
    failed(error.to_string())
}

fn failed(reason: String) -> PeersError {
    PeersError::Program {
        program: PROGRAM.to_owned(),
        reason,
    }
}
