//! Receivers that are slow, endless, or lie.

use std::time::Duration;

use shared::egress::Targets;
use shared::jobs::WebhookOutcome;
use testkit::{Manner, Receiver};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::world::World;

async fn outcome(manner: Manner) -> WebhookOutcome {
    let receiver = Receiver::start().await;
    receiver.behave(manner);
    let world = World::new(Targets::Loopback).await;
    world.send(&receiver.url()).await
}

fn failed(error: &str) -> WebhookOutcome {
    WebhookOutcome::Failed {
        error: error.to_owned(),
    }
}

fn answered(status: u16, response: &str) -> WebhookOutcome {
    WebhookOutcome::Answered {
        status,
        retry_after_secs: None,
        response: response.to_owned(),
    }
}

#[tokio::test]
async fn whoever_does_not_answer_in_time_has_not_answered() {
    assert_eq!(outcome(Manner::Silent).await, failed("timeout"));
    let slow = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(500));
    assert_eq!(
        outcome(Manner::Drips(slow.into_bytes())).await,
        failed("timeout")
    );
    // The control: the same manner, in time.
    let quick = b"HTTP/1.1 204 OK\r\n\r\n".to_vec();
    assert_eq!(outcome(Manner::Drips(quick)).await, answered(204, ""));
}

#[tokio::test]
async fn a_body_without_end_is_read_to_a_kibibyte() {
    let kibibyte = "x".repeat(1_024);
    for head in [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\n",
    ] {
        let endless = Manner::Endless(head.as_bytes().to_vec());
        assert_eq!(outcome(endless).await, answered(200, &kibibyte), "{head}");
    }
    let long = format!(
        "HTTP/1.1 500 No\r\ncontent-length: 3000\r\n\r\n{}",
        "é".repeat(1_500)
    );
    assert_eq!(
        outcome(Manner::says(&long)).await,
        answered(500, &"é".repeat(512))
    );
}

#[tokio::test]
async fn a_length_that_is_a_lie_changes_nothing_about_the_status() {
    for (text, response) in [
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nshort",
            "short",
        ),
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nlonger", "lo"),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\nzz\r\n",
            "first",
        ),
    ] {
        assert_eq!(
            outcome(Manner::says(text)).await,
            answered(200, response),
            "{text}"
        );
    }
    for text in [
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n12",
    ] {
        assert_eq!(
            outcome(Manner::says(text)).await,
            failed("answer_malformed"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_no_answer() {
    let large = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(64 * 1_024));
    assert_eq!(
        outcome(Manner::says(&large)).await,
        failed("answer_malformed")
    );
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(200));
    assert_eq!(
        outcome(Manner::says(&many)).await,
        failed("answer_malformed")
    );
    let endless = Manner::Endless(b"HTTP/1.1 200 OK\r\nx: ".to_vec());
    assert_eq!(outcome(endless).await, failed("answer_malformed"));
    // The control: one that is not too large.
    let fair = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(8 * 1_024));
    assert_eq!(outcome(Manner::says(&fair)).await, answered(200, ""));
}

#[tokio::test]
async fn what_is_no_http_is_no_answer() {
    for text in [
        "",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/0.9 200\r\n\r\n",
        "220 smtp ready\r\n",
    ] {
        assert_eq!(
            outcome(Manner::says(text)).await,
            failed("answer_malformed"),
            "{text}"
        );
    }
    let world = World::new(Targets::Loopback).await;
    let (gone, listener) = Receiver::bind().await;
    drop(listener);
    assert_eq!(world.refusal(&gone.url()).await, "connection_failed");
}

#[tokio::test]
async fn when_to_come_again_is_read_in_both_its_forms() {
    let retry_after = async |value: &str| {
        let text = format!("HTTP/1.1 503 No\r\nretry-after: {value}\r\ncontent-length: 0\r\n\r\n");
        match outcome(Manner::says(&text)).await {
            WebhookOutcome::Answered {
                retry_after_secs, ..
            } => retry_after_secs,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(retry_after("120").await, Some(120));
    assert_eq!(retry_after("99999999999").await, Some(u32::MAX));
    assert_eq!(retry_after("Fri, 01 Jan 2021 00:00:00 GMT").await, Some(0));
    assert!(retry_after("Thu, 31 Dec 2099 23:59:59 GMT").await > Some(86_400));
    for nonsense in ["soon", "-1", "1.5", ""] {
        assert_eq!(retry_after(nonsense).await, None, "{nonsense}");
    }
}

/// Two addresses of one name, and the first takes no connection and refuses none.
#[tokio::test]
async fn an_address_that_is_deaf_does_not_keep_the_next_one_waiting_for_ever() {
    let receiver = Receiver::start().await;
    let port = receiver.address().port();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 2], port).into()).unwrap();
    let deaf = socket.listen(1).unwrap();
    // Its queue is full when one more is not let in.
    let mut waiting = Vec::new();
    let address = deaf.local_addr().unwrap();
    loop {
        let within = Duration::from_millis(300);
        match timeout(within, TcpStream::connect(address)).await {
            Ok(stream) => waiting.push(stream.unwrap()),
            Err(_) => break,
        }
        assert!(waiting.len() < 64, "it takes everybody");
    }
    let mut world = World::new(Targets::Loopback).await;
    world.sender.caller.timeout = Duration::from_secs(15);
    world
        .names
        .lead("two.example", &[&["127.0.0.2", "127.0.0.1"]]);
    let url = format!("http://two.example:{port}/");
    assert_eq!(world.status(&url).await, 204);
    assert_eq!(receiver.seen().len(), 1);
    // The control: where there is no other address, that is all.
    world.names.lead("one.example", &[&["127.0.0.2"]]);
    let refusal = world.refusal(&format!("http://one.example:{port}/")).await;
    assert_eq!(refusal, "connection_failed");
}
