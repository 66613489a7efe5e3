//! PostgreSQL on one machine: what it survives, who may use it, and `local with`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cluster;
mod database;
mod install;
mod keys;
mod with;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use local::postgres::{Cluster, ClusterOptions};
use tokio_postgres::{Client, NoTls};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder of the test's own, empty at its start.
fn empty(test: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("postgres")
        .join(test);
    if dir.exists() {
        fs::remove_dir_all(&dir).unwrap();
    }
    dir
}

async fn start(dir: &Path) -> Cluster {
    let options = ClusterOptions {
        dir: dir.to_path_buf(),
        durable: true,
    };
    Cluster::start(options).await.unwrap()
}

async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    drop(tokio::spawn(connection));
    Ok(client)
}
