//! The server's life: starts, crashes, and folders it cannot use.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use local::postgres::{Cluster, ClusterOptions, PostgresError};
use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, Uid},
};

use super::{connect, empty, start};

async fn insert(cluster: &Cluster) {
    let client = connect(&cluster.superuser_url("postgres")).await.unwrap();
    client
        .batch_execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('here')")
        .await
        .unwrap();
    // Commits are asynchronous: this one waits for all before it.
    client
        .batch_execute("SET synchronous_commit = on; INSERT INTO kept VALUES ('too')")
        .await
        .unwrap();
}

async fn kept(cluster: &Cluster) -> Vec<String> {
    let client = connect(&cluster.superuser_url("postgres")).await.unwrap();
    let rows = client.query("SELECT word FROM kept", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn start_error(dir: &Path) -> PostgresError {
    let options = ClusterOptions {
        dir: dir.to_path_buf(),
        durable: true,
    };
    Cluster::start(options).await.unwrap_err()
}

#[tokio::test]
async fn data_survive_the_servers_sudden_death() {
    let dir = empty("killed");
    let cluster = start(&dir).await;
    insert(&cluster).await;
    let pid = i32::try_from(cluster.pid().unwrap()).unwrap();
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    cluster.stop().await.unwrap();
    assert!(dir.join("data/postmaster.pid").exists());

    let cluster = start(&dir).await;
    assert_eq!(kept(&cluster).await, ["here", "too"]);
    cluster.stop().await.unwrap();
    assert!(!dir.join("data/postmaster.pid").exists());
}

#[tokio::test]
async fn a_server_of_a_killed_run_is_stopped_before_the_next_starts() {
    let dir = empty("left-over");
    let cluster = start(&dir).await;
    insert(&cluster).await;
    let old = cluster.superuser_url("postgres");
    // What a killed run leaves: a server without its program, and no lock.
    let lock = dir.join("lock");
    fs::rename(&lock, dir.join("lock-of-the-dead")).unwrap();

    let next = start(&dir).await;
    assert_eq!(kept(&next).await, ["here", "too"]);
    assert!(connect(&old).await.is_err());
    next.stop().await.unwrap();
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_pid_file_that_names_another_program_does_not_stop_it() {
    let dir = empty("reused-pid");
    let cluster = start(&dir).await;
    cluster.stop().await.unwrap();
    let mut other = std::process::Command::new("sleep")
        .arg("60")
        .spawn()
        .unwrap();
    let text = format!("{}\n{}\n", other.id(), dir.join("data").display());
    fs::write(dir.join("data/postmaster.pid"), text).unwrap();

    let cluster = start(&dir).await;
    assert!(other.try_wait().unwrap().is_none());
    other.kill().unwrap();
    other.wait().unwrap();
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_folder_in_use_is_refused() {
    let dir = empty("in-use");
    let cluster = start(&dir).await;
    let error = start_error(&dir).await;
    assert!(matches!(error, PostgresError::InUse(_)), "{error}");
    assert!(connect(&cluster.superuser_url("postgres")).await.is_ok());
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn data_of_another_major_version_are_refused_in_one_line() {
    let dir = empty("version");
    start(&dir).await.stop().await.unwrap();
    let path = dir.join("data/PG_VERSION");
    let made = fs::read_to_string(&path).unwrap();
    fs::write(&path, "9\n").unwrap();
    let error = start_error(&dir).await.to_string();
    assert!(error.contains("was made by PostgreSQL 9"), "{error}");
    assert!(
        error.contains("install PostgreSQL 9 or remove the folder"),
        "{error}"
    );
    assert!(!error.contains('\n'), "{error}");
    fs::write(&path, made).unwrap();
    start(&dir).await.stop().await.unwrap();
}

#[tokio::test]
async fn the_server_is_not_root_and_its_password_is_private() {
    let dir = empty("account");
    let cluster = start(&dir).await;
    let owner = fs::metadata(dir.join("data/postmaster.pid")).unwrap().uid();
    assert_ne!(owner, 0);
    let password = fs::metadata(dir.join("password")).unwrap();
    assert_eq!(password.permissions().mode() & 0o777, 0o600);

    let right = cluster.superuser_url("postgres");
    assert!(connect(&right).await.is_ok());
    let wrong = cluster.url("postgres", "guessed", "postgres");
    assert!(connect(&wrong).await.is_err());
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_checkout_closed_to_the_servers_user_is_worked_around() {
    if !Uid::effective().is_root() {
        // Nobody else's account is involved then.
        return;
    }
    let closed = empty("closed");
    let dir = closed.join("checkout");
    fs::create_dir_all(&dir).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let cluster = start(&dir).await;
    insert(&cluster).await;
    cluster.stop().await.unwrap();
    let cluster = start(&dir).await;
    assert_eq!(kept(&cluster).await, ["here", "too"]);
    let home = cluster.dir().to_path_buf();
    assert!(home.starts_with("/var/tmp"), "{}", home.display());
    cluster.stop().await.unwrap();

    // Whoever removes the folder wants to begin anew.
    fs::remove_dir_all(&dir).unwrap();
    let cluster = start(&dir).await;
    assert_eq!(cluster.dir(), home);
    insert(&cluster).await;
    assert_eq!(kept(&cluster).await, ["here", "too"]);
    cluster.stop().await.unwrap();
    fs::remove_dir_all(home).unwrap();
}
