//! No way in through a URL: whatever it says, and wherever its name leads, the canary on this machine
//! hears nothing. Each test has its control: where it is allowed, the same canary is reached.

use shared::egress::Targets;
use testkit::{Manner, Receiver};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::world::World;

/// Spellings of this machine's loopback. A parser of URLs knows all of them.
const LOOPBACK: &[&str] = &[
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "%31%32%37.0.0.1",
    "127\u{3002}0\u{3002}0\u{3002}1",
    "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
];

/// Addresses of the cloud and of private networks, as names lead to them or as literals.
const PRIVATE: &[&str] = &[
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
];

fn in_url(address: &str) -> String {
    match address.contains(':') {
        true => format!("[{address}]"),
        false => address.to_owned(),
    }
}

#[tokio::test]
async fn a_literal_address_that_is_not_public_is_not_called() {
    let canary = Receiver::start().await;
    let world = World::new(Targets::Public).await;
    for address in PRIVATE {
        let url = format!("https://{}/", in_url(address));
        assert_eq!(world.refusal(&url).await, "url_not_allowed", "{url}");
    }
    let port = canary.address().port();
    let local = World::new(Targets::Loopback).await;
    for spelling in LOOPBACK {
        let before = canary.seen().len();
        for url in [
            format!("https://{spelling}/"),
            format!("https://{spelling}:{port}/"),
            format!("http://{spelling}:{port}/"),
        ] {
            assert_eq!(world.refusal(&url).await, "url_not_allowed", "{url}");
        }
        assert_eq!(canary.seen().len(), before, "{spelling}");
        // The control: it is this machine, and where that is allowed it is reached.
        let status = local.status(&format!("http://{spelling}:{port}/")).await;
        assert_eq!(
            (status, canary.seen().len()),
            (204, before + 1),
            "{spelling}"
        );
    }
}

#[tokio::test]
async fn a_name_that_leads_to_an_address_that_is_not_public_is_not_called() {
    let canary = Receiver::start().await;
    let world = World::new(Targets::Public).await;
    for address in PRIVATE {
        world.names.lead("inside.example", &[&[address]]);
        let refusal = world.refusal("https://inside.example/").await;
        assert_eq!(refusal, "address_not_allowed", "{address}");
    }
    world
        .names
        .lead("many.example", &[&["10.0.0.1", "127.0.0.1", "::1"]]);
    assert_eq!(
        world.refusal("https://many.example/").await,
        "address_not_allowed"
    );
    assert_eq!(
        world.refusal("https://nowhere.example/").await,
        "name_not_resolved"
    );
    assert_eq!(canary.seen().len(), 0);
    // The control: the same name, where loopback is allowed.
    let local = World::new(Targets::Loopback).await;
    local
        .names
        .lead("inside.example", &[&["10.0.0.1", "127.0.0.1"]]);
    let url = format!("http://inside.example:{}/", canary.address().port());
    assert_eq!(local.status(&url).await, 204);
    assert_eq!(canary.seen().len(), 1);
    assert_eq!(
        canary.seen()[0].header("host"),
        url[7..].trim_end_matches('/')
    );
}

/// A client that checks what a name leads to and then connects to the name.
async fn checks_and_then_connects(world: &World, name: &str, port: u16) -> bool {
    let found = world.names.look_up(name).unwrap();
    if !found.into_iter().all(shared::egress::is_public) {
        return false;
    }
    let found = world.names.look_up(name).unwrap();
    let mut stream = TcpStream::connect((found[0], port)).await.unwrap();
    let request = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer)
        .await
        .unwrap();
    !answer.is_empty()
}

/// The first look-up yields a public address that nobody has, the second one this machine.
#[tokio::test]
async fn a_name_that_leads_somewhere_else_at_the_second_look_up_is_of_no_use() {
    let canary = Receiver::start().await;
    let rebinds: &[&[&str]] = &[&["3ffe::1"], &["127.0.0.1"]];
    let world = World::new(Targets::Public).await;
    world.names.lead("rebind.example", rebinds);
    let first = world.refusal("https://rebind.example/").await;
    assert!(
        matches!(first.as_str(), "connection_failed" | "timeout"),
        "{first}"
    );
    assert_eq!(
        world.names.asked().len(),
        1,
        "what was checked is what was called"
    );
    assert_eq!(
        world.refusal("https://rebind.example/").await,
        "address_not_allowed"
    );
    assert_eq!(canary.seen().len(), 0);
    // The control: whoever looks a name up twice calls the canary.
    world.names.lead("rebind.example", rebinds);
    let port = canary.address().port();
    assert!(checks_and_then_connects(&world, "rebind.example", port).await);
    assert_eq!(canary.seen().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (canary, receiver) = (Receiver::start().await, Receiver::start().await);
    let world = World::new(Targets::Loopback).await;
    for status in [301, 302, 303, 307, 308] {
        receiver.behave(Manner::says(&format!(
            "HTTP/1.1 {status} There\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
            canary.url()
        )));
        assert_eq!(world.status(&receiver.url()).await, status);
    }
    assert_eq!((receiver.seen().len(), canary.seen().len()), (5, 0));
    // The control: the canary is where the answers point.
    assert_eq!(world.status(&canary.url()).await, 204);
    assert_eq!(canary.seen().len(), 1);
}

#[tokio::test]
async fn only_https_to_port_443_leaves_a_deployment() {
    let canary = Receiver::start().await;
    let world = World::new(Targets::Public).await;
    world.names.lead("example.com", &[&["127.0.0.1"]]);
    let port = canary.address().port();
    for url in [
        format!("http://example.com:{port}/"),
        format!("https://example.com:{port}/"),
        "https://example.com:22/".to_owned(),
        "ftp://example.com/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "https://name:word@example.com/".to_owned(),
        "not a url".to_owned(),
    ] {
        assert_eq!(world.refusal(&url).await, "url_not_allowed", "{url}");
    }
    assert!(world.names.asked().is_empty(), "nobody was even asked for");
    // In a local stack plain http goes to this machine and to no other one.
    let local = World::new(Targets::Loopback).await;
    local.names.lead("example.com", &[&["3ffe::1"]]);
    let refusal = local.refusal(&format!("http://example.com:{port}/")).await;
    assert_eq!(refusal, "address_not_allowed");
}
