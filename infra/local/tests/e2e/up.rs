//! `local up` as a process of its own.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
};

use local::api::{Api, Call};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio_postgres::NoTls;

use crate::world::{OFTEN, eventually, program, until};

/// A running `local up`.
pub(crate) struct Up {
    pub(crate) child: Child,
    folder: PathBuf,
    pub(crate) exports: BTreeMap<String, String>,
}

impl Up {
    pub(crate) async fn start(folder: &Path) -> Self {
        Self::spawn(folder, &mut up(folder)).await
    }

    /// Starts it by a command of the caller's.
    pub(crate) async fn spawn(folder: &Path, command: &mut Command) -> Self {
        let file = |name| fs::File::create(folder.join(name)).unwrap();
        let (shown, said) = (file("screen"), file("said"));
        let child = command.stdout(shown).stderr(said).spawn().unwrap();
        // The screen is the last thing to come.
        until("the screen", OFTEN, async || {
            screen(folder).contains("Ctrl-C")
        })
        .await;
        Self {
            child,
            exports: exports(&folder.join("env")),
            folder: folder.to_path_buf(),
        }
    }

    pub(crate) fn api(&self) -> Api {
        Api::at(self.exports["API_URL"].clone()).unwrap()
    }

    pub(crate) async fn projects(&self, token: &str) -> u64 {
        let call = Call::get("/v2/projects").by(&self.exports[token]);
        let reply = self.api().send(call).await.unwrap();
        reply.json()["meta"]["total"].as_u64().unwrap()
    }

    /// Asks it to stop and checks that nothing is left.
    pub(crate) async fn stop(mut self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
        let status = eventually("the end of `local up`", OFTEN, async || {
            self.child.try_wait().unwrap()
        });
        assert_eq!(status.await.code(), Some(0));
        assert!(!self.folder.join("env").exists());
        assert!(self.api().send(Call::get("/v2/projects")).await.is_err());
        assert!(!connects(&self.exports["DATABASE_URL"]).await);
        let mark = &self.exports["AWS_ENDPOINT_URL_SQS"];
        let left = fs::read_dir("/proc").unwrap().filter(|entry| {
            let path = entry.as_ref().unwrap().path().join("environ");
            String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).contains(mark)
        });
        assert_eq!(left.count(), 0);
    }
}

/// The command, for a folder and any free port.
pub(crate) fn up(folder: &Path) -> Command {
    let mut command = Command::new(program());
    command
        .args(["up", "--folder"])
        .arg(folder)
        .env("PORT", "0");
    command
}

pub(crate) fn screen(folder: &Path) -> String {
    fs::read_to_string(folder.join("screen")).unwrap()
}

pub(crate) async fn connects(url: &str) -> bool {
    tokio_postgres::connect(url, NoTls).await.is_ok()
}

/// The variables of a file as a shell understands it.
fn exports(file: &Path) -> BTreeMap<String, String> {
    let script = r#"set -a; . "$1"; env"#;
    let mut shell = Command::new("sh");
    let output = shell.args(["-c", script, "sh"]).arg(file).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
