//! The command line: what `local up` says, leaves and takes away.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use local::{
    api::{Api, Call, Texts},
    postgres::database::SERVICES,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio_postgres::NoTls;

use crate::world::{OFTEN, eventually, folder, program, run, until};

/// A running `local up`.
struct Up {
    child: Child,
    folder: PathBuf,
    exports: BTreeMap<String, String>,
}

impl Up {
    async fn start(folder: &Path) -> Self {
        let file = |name| fs::File::create(folder.join(name)).unwrap();
        let (shown, said) = (file("screen"), file("said"));
        let child = up(folder).stdout(shown).stderr(said).spawn().unwrap();
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

    fn api(&self) -> Api {
        Api::at(self.exports["API_URL"].clone()).unwrap()
    }

    async fn projects(&self, token: &str) -> u64 {
        let call = Call::get("/v2/projects").by(&self.exports[token]);
        let reply = self.api().send(call).await.unwrap();
        reply.json()["meta"]["total"].as_u64().unwrap()
    }

    /// Asks it to stop and checks that nothing is left.
    async fn stop(mut self, signal: Signal) {
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

fn up(folder: &Path) -> Command {
    let mut command = Command::new(program());
    command
        .args(["up", "--folder"])
        .arg(folder)
        .env("PORT", "0");
    command
}

/// Runs a command that is to end by itself, without the colour of a terminal.
fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn screen(folder: &Path) -> String {
    fs::read_to_string(folder.join("screen")).unwrap()
}

async fn connects(url: &str) -> bool {
    tokio_postgres::connect(url, NoTls).await.is_ok()
}

/// The variables of a file as a shell understands it.
fn exports(file: &Path) -> BTreeMap<String, String> {
    let script = r#"set -a; . "$1"; env"#;
    let mut shell = Command::new("sh");
    let output = output(shell.args(["-c", script, "sh"]).arg(file));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn up_opens_everything_and_closes_it_again() {
    run(async {
        let folder = folder("up");
        let stack = Up::start(&folder).await;
        let text = screen(&folder);
        for shown in [
            "/v1",
            "/v2",
            "ada@acme.example",
            "grace@globex.example",
            "curl -sSw ",
        ] {
            assert!(text.contains(shown), "{shown} is not in: {text}");
        }
        assert!(text.contains(&stack.exports["API_URL"]));
        let password = fs::read_to_string(folder.join("demo-password")).unwrap();
        assert!(text.contains(&password));
        let mode = fs::metadata(folder.join("env"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);

        for name in [
            "AWS_ACCESS_KEY_ID",
            "AWS_ENDPOINT_URL_DYNAMODB",
            "AWS_ENDPOINT_URL_S3",
            "AWS_ENDPOINT_URL_SQS",
            "AWS_REGION",
            "AWS_SECRET_ACCESS_KEY",
            "LIMITS_TABLE",
            "REPORTS_BUCKET",
            "REPORT_QUEUE_URL",
            "USAGE_QUEUE_URL",
        ] {
            assert!(!stack.exports[name].is_empty(), "{name}");
        }
        assert!(connects(&stack.exports["DATABASE_URL"]).await);
        for service in SERVICES {
            let url = &stack.exports[&format!("DATABASE_URL_{}", service.to_uppercase())];
            assert!(url.starts_with(&format!("postgres://svc_{service}:")));
            assert!(connects(url).await, "{url}");
        }

        let second = output(&mut up(&folder));
        assert_eq!(second.status.code(), Some(1));
        let expected = format!(
            "error: a stack is already running on {}; stop that one first\n",
            folder.display()
        );
        assert_eq!(said(&second), expected);

        let call = Call::post("/v2/projects", &Texts(&[("name", "Apollo")])).once();
        let reply = stack
            .api()
            .send(call.by(&stack.exports["TOKEN_A"]))
            .await
            .unwrap();
        assert_eq!(reply.status, 201);
        stack.stop(Signal::SIGTERM).await;

        let stack = Up::start(&folder).await;
        assert_eq!(stack.projects("TOKEN_A").await, 1);
        assert_eq!(stack.projects("TOKEN_B").await, 0);
        stack.stop(Signal::SIGINT).await;
    });
}

#[test]
fn a_taken_port_is_said_with_the_cure() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let output = output(up(&folder("port")).env("PORT", port.to_string()));
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(
        said.starts_with(&format!("error: port {port} is taken; ")),
        "{said}"
    );
    assert!(said.ends_with(" make up\n"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn functions_that_are_not_built_are_said_with_the_cure() {
    let folder = folder("unbuilt");
    let alone = folder.join("local");
    fs::hard_link(program(), &alone).unwrap();
    let mut command = Command::new(&alone);
    let output = output(
        command
            .args(["up", "--folder"])
            .arg(&folder)
            .env("PORT", "0"),
    );
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    let last = said.lines().last().unwrap();
    assert!(
        last.starts_with("error: 9 functions are not built (auth, authorizer, "),
        "{last}"
    );
    assert!(
        last.ends_with("; run: cargo build --workspace --bins"),
        "{last}"
    );
}

#[test]
fn a_wrong_command_line_shows_the_right_one() {
    for words in [
        &["fly"][..],
        &[],
        &["up", "--folder"],
        &["demo", "now"],
        &["with"],
    ] {
        let output = output(Command::new(program()).args(words));
        assert_eq!(output.status.code(), Some(64), "{words:?}");
        assert!(said(&output).starts_with("usage: local up"), "{words:?}");
    }
    let output = output(up(&folder("usage")).env("PORT", "http"));
    assert_eq!(said(&output), "error: PORT is no port number\n");
}
