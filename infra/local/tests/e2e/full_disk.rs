//! A disk that has no room for a message.

use std::{fs, process::Command};

use local::api::{Api, Call, Reply};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::{
    up::Up,
    world::{folder, program, run},
};

/// How much a file may still grow: less than a message.
const ROOM_BYTES: u64 = 1_000;
const LONG_CHARS: usize = 10_000;
const QUEUE: &str = "letters";

async fn sqs(stack: &Up, operation: &str, request: &Value) -> Reply {
    let api = Api::at(stack.exports["AWS_ENDPOINT_URL_SQS"].clone()).unwrap();
    let target = format!("AmazonSQS.{operation}");
    let call = Call::post("/", request).header("x-amz-target", target);
    api.send(call).await.unwrap()
}

async fn queue_url(stack: &Up) -> String {
    let reply = sqs(stack, "CreateQueue", &json!({ "QueueName": QUEUE })).await;
    reply.text("/QueueUrl")
}

async fn send(stack: &Up, url: &str, body: &str) -> u16 {
    let message = json!({ "QueueUrl": url, "MessageBody": body });
    sqs(stack, "SendMessage", &message).await.status.as_u16()
}

/// Limits how large the files of a running stack may become, as a full disk does.
fn limit_files(stack: &Up, bytes: &str) {
    let mut command = Command::new("prlimit");
    command.arg(format!("--pid={}", stack.child.id()));
    // The soft limit only, which can be taken back.
    assert!(
        command
            .arg(format!("--fsize={bytes}:"))
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn a_message_that_found_no_room_takes_no_other_along() {
    run(async {
        let folder = folder("full-disk");
        // Beyond the limit a signal comes as well, which no full disk sends.
        let mut command = Command::new("sh");
        command.args(["-c", r#"trap '' XFSZ; exec "$0" "$@""#]);
        command.arg(program()).args(["up", "--folder"]).arg(&folder);
        let stack = Up::spawn(&folder, command.env("PORT", "0")).await;
        let journal = folder.join("aws/sqs.journal");
        let bytes = || fs::metadata(&journal).unwrap().len();

        let url = queue_url(&stack).await;
        assert_eq!(send(&stack, &url, "before").await, 200);
        let full = bytes() + ROOM_BYTES;
        limit_files(&stack, &full.to_string());
        assert_eq!(send(&stack, &url, &"x".repeat(LONG_CHARS)).await, 500);
        // The control: a part of it was written.
        assert_eq!(bytes(), full);
        limit_files(&stack, "unlimited");
        for body in ["after", "last"] {
            assert_eq!(send(&stack, &url, body).await, 200);
        }
        stack.stop(Signal::SIGTERM).await;

        let stack = Up::start(&folder).await;
        let url = queue_url(&stack).await;
        let ask = json!({ "QueueUrl": url, "MaxNumberOfMessages": 10 });
        let received = sqs(&stack, "ReceiveMessage", &ask).await.json();
        let messages = received["Messages"].as_array().unwrap();
        let bodies: Vec<_> = messages.iter().map(|message| &message["Body"]).collect();
        assert_eq!(bodies, ["before", "after", "last"]);
        stack.stop(Signal::SIGTERM).await;
    });
}
