//! The one connection that an execution environment keeps to a server.

use std::time::{Duration, Instant};

use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};
use tokio::time::timeout;
use tokio_postgres::Client;

use super::connect::{DatabaseConfig, open};
use super::error::DbError;

/// After this many idle seconds a connection is asked whether it still lives.
const IDLE_SECS_UNASKED: u64 = 30;
/// How long it may take to answer, in milliseconds.
const PING_TIMEOUT_MS: u64 = 250;

struct Connection {
    client: Client,
    used_at: Instant,
    /// Set while a unit of work runs: one that was dropped half-way leaves it set.
    busy: bool,
    /// Whether its role has been found to be one that row-level security holds.
    checked: bool,
}

/// A server, and the connection to it once there is one.
pub(super) struct Slot {
    config: DatabaseConfig,
    /// How long the set-up of a connection may take in all.
    patience: Option<Duration>,
    connection: Mutex<Option<Connection>>,
}

impl Slot {
    /// A server that nobody has connected to yet.
    pub(super) fn new(config: DatabaseConfig, patience: Option<Duration>) -> Self {
        Self {
            config,
            patience,
            connection: Mutex::default(),
        }
    }

    /// Waits for the connection, which is made, or replaced where it died.
    pub(super) async fn lease(&self) -> Result<Lease<'_>, DbError> {
        let mut slot = self.connection.lock().await;
        let usable = match slot.as_ref() {
            Some(connection) => alive(connection).await,
            None => false,
        };
        if !usable {
            *slot = None;
            *slot = Some(Connection {
                client: self.connect().await?,
                used_at: Instant::now(),
                busy: false,
                checked: false,
            });
        }
        Lease::new(slot)
    }

    async fn connect(&self) -> Result<Client, DbError> {
        let Some(patience) = self.patience else {
            return open(&self.config).await;
        };
        let opened = timeout(patience, open(&self.config)).await;
        opened.unwrap_or(Err(DbError::Silent))
    }
}

/// Whether a kept connection can be used.
///
/// Two yields let the connection's task see an end that arrived while the environment was frozen,
/// at no cost; only after a long idle time is the server asked, because a middle box may have
/// dropped the connection without a word.
async fn alive(connection: &Connection) -> bool {
    if connection.busy {
        return false;
    }
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    if connection.client.is_closed() {
        return false;
    }
    if connection.used_at.elapsed() < Duration::from_secs(IDLE_SECS_UNASKED) {
        return true;
    }
    let ping = connection.client.check_connection();
    let answer = timeout(Duration::from_millis(PING_TIMEOUT_MS), ping).await;
    matches!(answer, Ok(Ok(())))
}

/// Exclusive use of the connection, for one unit of work.
pub(super) struct Lease<'a>(MappedMutexGuard<'a, Connection>);

impl<'a> Lease<'a> {
    fn new(slot: MutexGuard<'a, Option<Connection>>) -> Result<Self, DbError> {
        let mut connection = MutexGuard::try_map(slot, Option::as_mut).or(Err(DbError::Aborted))?;
        connection.busy = true;
        Ok(Self(connection))
    }

    pub(super) fn client(&self) -> &Client {
        &self.0.client
    }

    /// Whether the connection's role is known to be one that may serve.
    pub(super) fn is_checked(&self) -> bool {
        self.0.checked
    }

    /// Ends the use; `checked` tells whether the batch's check of the role, if any, went well.
    pub(super) fn done(&mut self, checked: bool) {
        self.0.checked |= checked;
        self.0.busy = false;
        self.0.used_at = Instant::now();
    }
}
