//! `local with -- CMD`: the command's environment, its exit code, and how it ends.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::time::{Instant, sleep};

use super::{PATIENCE, connect};

/// Prints what the test wants to know, then runs until it is ended.
const SCRIPT: &str = "echo $$; echo $DATABASE_URL; echo $AWS_ENDPOINT_URL_SQS; exec sleep 600";

struct With {
    child: Child,
    command: Pid,
    database_url: String,
    sqs_url: String,
}

impl With {
    fn start() -> Self {
        let mut child = with(&["sh", "-c", SCRIPT])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut line = || lines.next().unwrap().unwrap();
        Self {
            command: Pid::from_raw(line().parse().unwrap()),
            database_url: line(),
            sqs_url: line(),
            child,
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
    }

    /// Waits until neither the command nor the database is there any more.
    async fn gone(&self) {
        let deadline = Instant::now() + PATIENCE;
        while connect(&self.database_url).await.is_ok() || kill(self.command, None).is_ok() {
            assert!(Instant::now() < deadline, "still there");
            sleep(PATIENCE / 300).await;
        }
    }
}

fn with(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command.args(["with", "--"]).args(words);
    command
}

#[test]
fn the_commands_exit_code_is_passed_on() {
    assert_eq!(
        with(&["sh", "-c", "exit 7"]).status().unwrap().code(),
        Some(7)
    );
    assert_eq!(
        with(&["sh", "-c", "kill -9 $$"]).status().unwrap().code(),
        Some(137)
    );
    let output = with(&["/nonexistent"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("error: cannot run /nonexistent"), "{said}");
}

#[test]
fn the_command_finds_everything_in_its_environment() {
    let output = with(&["env"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for name in [
        "DATABASE_URL=postgres://tenantry:",
        "DATABASE_URL_AUTHORIZER=postgres://svc_authorizer:",
        "DATABASE_URL_AUTH=postgres://svc_auth:",
        "DATABASE_URL_BILLING=postgres://svc_billing:",
        "DATABASE_URL_PROJECTS=postgres://svc_projects:",
        "DATABASE_URL_REPORTS=postgres://svc_reports:",
        "DATABASE_URL_REPORT_WORKER=postgres://svc_report_worker:",
        "DATABASE_URL_RELAY=postgres://svc_relay:",
        "AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:",
        "AWS_ENDPOINT_URL_SQS=http://127.0.0.1:",
        "AWS_ENDPOINT_URL_S3=http://127.0.0.1:",
        "AWS_REGION=us-east-1",
        "AWS_ACCESS_KEY_ID=test",
        "AWS_SECRET_ACCESS_KEY=test",
        "TOKEN_SIGNING_KEY_FILE=/",
    ] {
        assert!(text.lines().any(|line| line.starts_with(name)), "{name}");
    }
}

#[tokio::test]
async fn two_runs_at_the_same_time_have_nothing_in_common() {
    let mut one = With::start();
    let mut two = With::start();
    assert_ne!(one.database_url, two.database_url);
    assert_ne!(one.sqs_url, two.sqs_url);
    assert!(connect(&one.database_url).await.is_ok());
    assert!(connect(&two.database_url).await.is_ok());
    for run in [&mut one, &mut two] {
        run.signal(Signal::SIGINT);
        // SIGINT ended the command, which is 128 + 2 as in a shell.
        assert_eq!(run.child.wait().unwrap().code(), Some(130));
        run.gone().await;
    }
}

#[tokio::test]
async fn a_killed_run_takes_its_database_and_its_command_along() {
    let mut run = With::start();
    assert!(connect(&run.database_url).await.is_ok());
    run.signal(Signal::SIGKILL);
    run.child.wait().unwrap();
    run.gone().await;
}
