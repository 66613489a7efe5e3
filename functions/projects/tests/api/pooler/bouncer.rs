//! A PgBouncer of the test's own.

use std::fs::{self, DirBuilder};
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use nix::unistd::{Uid, User};
use tokio_postgres::{Client, NoTls};
use url::Url;

use crate::uuid;

/// Connections to the server, for all clients together.
pub(super) const SERVER_CONNECTIONS: i64 = 2;
/// Clients at the same time.
pub(super) const CLIENTS: usize = 40;
/// Clients that are let in: those, and whoever looks on.
const CLIENTS_MAX: usize = CLIENTS + 20;
/// Another port each time, because a free one may be taken before PgBouncer binds it.
const STARTS_MAX: u32 = 3;
/// How often a start is asked whether it is ready, and how long between, in milliseconds.
const READY_ATTEMPTS_MAX: u32 = 200;
const READY_EVERY_MS: u64 = 50;
/// Whom to become as root, which PgBouncer refuses to run as; best first.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// Runs PgBouncer for as long as standard input is open, so that it and its folder go when the test
/// does, however that ends. Debian keeps it out of an ordinary user's PATH.
const SCRIPT: &str = r#"
PATH="$PATH:/usr/sbin"
pgbouncer "$1/ini" & pid=$!
read -r _
kill "$pid"
wait "$pid"
rm -r -- "$1"
"#;

/// A running PgBouncer in transaction mode. Dropping it stops it.
pub(super) struct Bouncer {
    url: Url,
    dir: PathBuf,
    shell: Child,
    leash: Option<ChildStdin>,
}

impl Bouncer {
    /// Puts one before the database that `url` names.
    pub(super) async fn before(url: &str) -> Self {
        installed();
        let server: Url = url.parse().unwrap();
        for _ in 0..STARTS_MAX {
            let bouncer = Self::start(&server);
            if bouncer.is_ready().await {
                return bouncer;
            }
            let log = fs::read_to_string(bouncer.dir.join("log")).unwrap_or_default();
            assert!(log.contains("Address already in use"), "pgbouncer: {log}");
        }
        panic!("no port stayed free for pgbouncer");
    }

    fn start(server: &Url) -> Self {
        let root = Uid::effective().is_root();
        let user = root.then(unprivileged);
        let dir = std::env::temp_dir().join(format!("tenantry-pgbouncer-{}", uuid()));
        DirBuilder::new().mode(0o700).create(&dir).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        fs::write(dir.join("users"), users(server)).unwrap();
        fs::write(dir.join("ini"), settings(server, port, &dir)).unwrap();
        let log = fs::File::create(dir.join("log")).unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "pgbouncer"]).arg(&dir);
        command.current_dir("/").stdin(Stdio::piped());
        command.stdout(Stdio::null()).stderr(log);
        if let Some(user) = &user {
            for path in ["", "users", "ini"].map(|name| dir.join(name)) {
                chown(&path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
            }
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        let mut shell = command.spawn().unwrap();
        let leash = shell.stdin.take();
        let mut url = server.clone();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(port)).unwrap();
        Self {
            url,
            dir,
            shell,
            leash,
        }
    }

    async fn is_ready(&self) -> bool {
        for _ in 0..READY_ATTEMPTS_MAX {
            if tokio_postgres::connect(self.url(), NoTls).await.is_ok() {
                return true;
            }
            let log = fs::read_to_string(self.dir.join("log")).unwrap_or_default();
            if log.contains("FATAL") || log.contains("Address already in use") {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(READY_EVERY_MS)).await;
        }
        false
    }

    /// The database's URL through it.
    pub(super) fn url(&self) -> &str {
        self.url.as_str()
    }

    /// A bare client of it.
    pub(super) async fn client(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(self.url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        drop(self.leash.take());
        // The shell has nothing to tell any more.
        let _ = self.shell.wait();
    }
}

/// Fails with what to do, rather than with a connection that nobody answers.
fn installed() {
    let find = r#"PATH="$PATH:/usr/sbin" command -v pgbouncer"#;
    let found = Command::new("/bin/sh").args(["-c", find]).output().unwrap();
    assert!(
        found.status.success(),
        "there is no pgbouncer: install it with `apt-get install pgbouncer`, which `make test` does as root or by sudo"
    );
}

fn unprivileged() -> User {
    let mut found = USERS
        .iter()
        .filter_map(|name| User::from_name(name).unwrap());
    let Some(user) = found.next() else {
        panic!("root may not run pgbouncer and there is no user postgres or nobody");
    };
    user
}

fn users(server: &Url) -> String {
    let password = server.password().unwrap();
    format!("\"{}\" \"{password}\"\n", server.username())
}

fn settings(server: &Url, port: u16, dir: &Path) -> String {
    let (host, server_port) = (server.host_str().unwrap(), server.port().unwrap());
    let users = dir.join("users");
    format!(
        "[databases]
* = host={host} port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {}
pool_mode = transaction
default_pool_size = {SERVER_CONNECTIONS}
max_client_conn = {CLIENTS_MAX}
",
        users.display()
    )
}
