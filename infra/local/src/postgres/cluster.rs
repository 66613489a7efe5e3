//! One running server and the addresses to reach it.

use std::{
    io,
    net::Ipv4Addr,
    path::{self, Path, PathBuf},
};

use tokio::net::TcpListener;

use super::{
    PostgresError,
    account::Account,
    folder,
    initialise::{self, SUPERUSER},
    install,
    server::{self, Server},
    stale,
    standby::{self, REPLICABLE},
};
use crate::{lock::FolderLock, secret};

/// Starts tried with another port each, because a free port may be taken before the server binds.
const STARTS_MAX: u32 = 3;

/// How a cluster is to run.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// The folder for data, password and log; made when it is not there.
    pub dir: PathBuf,
    /// Whether the data survive a crash of the machine; `false` is faster, for tests.
    ///
    /// Data survive the end of every process in both cases.
    pub durable: bool,
}

/// A running PostgreSQL server that belongs to this program.
///
/// Dropping it stops the server, too, only without waiting; when the program is killed, its
/// [`Leash`](crate::leash::Leash) does, and if that fails as well, the next start on the folder.
#[derive(Debug)]
pub struct Cluster {
    server: Server,
    dir: PathBuf,
    pub(super) password: String,
    _lock: FolderLock,
}

impl Cluster {
    /// Starts the cluster of a folder, after finding or installing PostgreSQL and making the
    /// data folder where needed.
    ///
    /// # Errors
    ///
    /// See [`PostgresError`].
    pub async fn start(options: ClusterOptions) -> Result<Self, PostgresError> {
        Self::start_with(options, &[]).await
    }

    /// As [`Cluster::start`], with `name=value` settings of the server that go before the usual
    /// ones.
    ///
    /// # Errors
    ///
    /// See [`PostgresError`].
    pub async fn start_with(
        options: ClusterOptions,
        settings: &[&str],
    ) -> Result<Self, PostgresError> {
        let (home, account, lock, is_new) = take_folder(&options.dir).await?;
        let data = home.join("data");
        if is_new {
            folder::begin_anew(&home)?;
        }

        let password_file = home.join("password");
        let password = secret::load_or_create(&password_file, secret::random)
            .map_err(PostgresError::file(&password_file))?;
        account.own(&password_file)?;
        let made = initialise::made_by(&data)?;
        let installation = install::provide(&home, made, account).await?;
        if made.is_none() {
            initialise::create(&data, &password_file, &installation, account).await?;
        }

        let binary = installation.bin.join("postgres");
        let settings = server::settings(options.durable, settings);
        let server = start_server(&binary, &home, &password, &settings, account).await?;
        Ok(Self {
            server,
            dir: home,
            password,
            _lock: lock,
        })
    }

    /// Starts a streaming replica of `primary`, which was started with [`REPLICABLE`], in a folder
    /// that holds none yet.
    ///
    /// It knows the primary's port of now: a primary that was started again has another.
    ///
    /// # Errors
    ///
    /// See [`PostgresError`].
    pub async fn start_standby(
        primary: &Self,
        options: ClusterOptions,
    ) -> Result<Self, PostgresError> {
        let (home, account, lock, _) = take_folder(&options.dir).await?;
        folder::begin_anew(&home)?;
        let data = home.join("data");
        standby::copy(primary, &data, account).await?;
        let made = initialise::made_by(&data)?;
        let installation = install::provide(&home, made, account).await?;
        let binary = installation.bin.join("postgres");
        let settings = server::settings(options.durable, &REPLICABLE);
        let server = start_server(&binary, &home, &primary.password, &settings, account).await?;
        Ok(Self {
            server,
            dir: home,
            password: primary.password.clone(),
            _lock: lock,
        })
    }

    /// The cluster's folder, which is elsewhere when the wanted one was closed to the server's user.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the server listens: always 127.0.0.1, on a port that changes with each start.
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// The process id of the server's first process.
    pub fn pid(&self) -> Option<u32> {
        self.server.pid()
    }

    /// The connection URL of `role` with `password` to database `name`, without TLS.
    pub fn url(&self, role: &str, password: &str, name: &str) -> String {
        url(self.port(), role, password, name)
    }

    /// The connection URL of the cluster's superuser, whom row-level security does not hold.
    pub fn superuser_url(&self, name: &str) -> String {
        self.url(SUPERUSER, &self.password, name)
    }

    /// The password of `role` on this cluster: derived from its secret, so the same in every run.
    pub fn password(&self, role: &str) -> String {
        secret::password(&self.password, role)
    }

    /// Ends all connections and stops the server, with SIGKILL when it takes too long.
    ///
    /// # Errors
    ///
    /// The server could not be signalled.
    pub async fn stop(self) -> Result<(), PostgresError> {
        self.server.stop().await
    }
}

/// Makes a cluster's folder this program's own, and answers where it is, who serves it, and whether
/// it was not there.
async fn take_folder(wanted: &Path) -> Result<(PathBuf, Account, FolderLock, bool), PostgresError> {
    // The server's programs run in the root folder, so the path must not be a relative one.
    let dir = path::absolute(wanted).map_err(PostgresError::file(wanted))?;
    let account = Account::choose(&dir.join("data"))?;
    let is_new = !dir.exists();
    let home = folder::settle(&dir, account).await?;
    let data = home.join("data");
    let account = Account::choose(&data).unwrap_or(account);
    let lock = FolderLock::try_take(&home.join("lock"))
        .map_err(PostgresError::file(home.join("lock")))?
        .ok_or_else(|| PostgresError::InUse(home.clone()))?;
    stale::stop_left_over(&data).await?;
    Ok((home, account, lock, is_new))
}

async fn start_server(
    binary: &Path,
    home: &Path,
    password: &str,
    settings: &[&str],
    account: Account,
) -> Result<Server, PostgresError> {
    let mut starts = 0;
    loop {
        starts += 1;
        let port = free_port().await.map_err(PostgresError::Process)?;
        let probe = url(port, SUPERUSER, password, "postgres");
        match Server::start(binary, home, port, &probe, settings, account).await {
            Err(PostgresError::Program { .. }) if starts < STARTS_MAX => {}
            outcome => return outcome,
        }
    }
}

fn url(port: u16, role: &str, password: &str, name: &str) -> String {
    format!("postgres://{role}:{password}@127.0.0.1:{port}/{name}?sslmode=disable")
}

async fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    Ok(listener.local_addr()?.port())
}
