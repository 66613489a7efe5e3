//! A streaming replica of a running cluster, made by copying its files.
//!
//! The copy is a low-level base backup, which needs nothing but the server itself: `pg_basebackup` is
//! not in every package of PostgreSQL. See
//! <https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP>.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use tokio_postgres::{Client, NoTls};

use super::{Cluster, PostgresError, account::Account, initialise::SUPERUSER};

/// What a cluster has to be started with to have replicas; a replica is started with the same.
pub const REPLICABLE: [&str; 3] = [
    "wal_level=replica",
    "max_wal_senders=4",
    // Enough for a replica to catch up with after the copy.
    "wal_keep_size=256MB",
];

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// Files of the running server alone, and what it begins anew.
const LEFT_OUT: [&str; 3] = ["postmaster.pid", "postmaster.opts", "pg_internal.init"];
/// Folders that the copy has without their contents. The log comes over the wire.
const EMPTIED: [&str; 4] = ["pg_wal", "pg_stat_tmp", "pg_replslot", "pg_dynshmem"];

/// Copies `primary` into `data` and has the copy follow it.
pub(super) async fn copy(
    primary: &Cluster,
    data: &Path,
    account: Account,
) -> Result<(), PostgresError> {
    // The session has to stay until the backup ends.
    let (client, connection) =
        tokio_postgres::connect(&primary.superuser_url("postgres"), NoTls).await?;
    drop(tokio::spawn(connection));
    client
        .batch_execute("SELECT pg_backup_start('standby', fast => true)")
        .await?;
    let copied = copy_folder(&primary.dir().join("data"), data, account);
    let label = stop_backup(&client).await?;
    copied?;
    create_folder(&data.join("pg_wal/archive_status"), account)?;
    write(&data.join("backup_label"), &label, account)?;
    write(&data.join("standby.signal"), "", account)?;
    let settings = format!(
        "primary_conninfo = 'host=127.0.0.1 port={} user={SUPERUSER} password={}'\n",
        primary.port(),
        primary.password
    );
    write(&data.join("postgresql.auto.conf"), &settings, account)
}

async fn stop_backup(client: &Client) -> Result<String, PostgresError> {
    let stop = "SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)";
    let row = client.query_one(stop, &[]).await?;
    Ok(row.try_get(0)?)
}

fn copy_folder(from: &Path, to: &Path, account: Account) -> Result<(), PostgresError> {
    create_folder(to, account)?;
    for entry in fs::read_dir(from).map_err(PostgresError::file(from))? {
        let entry = entry.map_err(PostgresError::file(from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if LEFT_OUT.contains(&&*name) {
            continue;
        }
        let kind = entry.file_type().map_err(PostgresError::file(&source))?;
        if kind.is_dir() && EMPTIED.contains(&&*name) {
            create_folder(&target, account)?;
        } else if kind.is_dir() {
            copy_folder(&source, &target, account)?;
        } else {
            match fs::copy(&source, &target) {
                Ok(_bytes) => account.own(&target)?,
                // A running server removes files: the log, replayed, does as well.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(PostgresError::file(source)(error)),
            }
        }
    }
    Ok(())
}

fn create_folder(path: &Path, account: Account) -> Result<(), PostgresError> {
    DirBuilder::new()
        .mode(FOLDER_MODE)
        .create(path)
        .map_err(PostgresError::file(path))?;
    account.own(path)
}

fn write(path: &Path, text: &str, account: Account) -> Result<(), PostgresError> {
    File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(FILE_MODE)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(PostgresError::file(path))?;
    account.own(path)
}
