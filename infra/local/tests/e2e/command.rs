//! The command line: what `local up` says, leaves and takes away.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Output, Stdio},
};

use local::{
    api::{Call, Texts},
    postgres::database::SERVICES,
    say::say,
};
use nix::sys::signal::Signal;

use crate::{
    memory,
    up::{Up, connects, screen, up},
    world::{folder, program, run},
};

/// All of the stack's processes together, in KiB, when nobody asks for anything.
const IDLE_KIB_MAX: u64 = 400 * 1024;

/// Runs a command that is to end by itself, without the colour of a terminal.
fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Sums up the memory of all processes of a stack that has served a request and is idle.
fn takes_little_memory(stack: &Up) {
    let memory = memory::of_tree(stack.child.id());
    // The control: what is summed up is the whole of it.
    for program in ["local", "postgres", "auth", "authorizer", "projects"] {
        assert!(memory.get(program) > Some(&0), "{program}: {memory:#?}");
    }
    let sum: u64 = memory.values().sum();
    say(format_args!(
        "the idle stack takes {} MiB of memory",
        sum / 1024
    ));
    assert!(sum < IDLE_KIB_MAX, "{memory:#?}");
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
        assert!(text.contains(", ready after "));
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
        takes_little_memory(&stack);
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
        last.starts_with("error: ")
            && last.contains(" functions are not built (auth, authorizer, "),
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
        &["sam"],
        &["sam", "invoke"],
    ] {
        let output = output(Command::new(program()).args(words));
        assert_eq!(output.status.code(), Some(64), "{words:?}");
        assert!(said(&output).starts_with("usage: local up"), "{words:?}");
    }
    let output = output(up(&folder("usage")).env("PORT", "http"));
    assert_eq!(said(&output), "error: PORT is no port number\n");
}
