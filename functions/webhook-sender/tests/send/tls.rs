//! Https is believed only where the certificate says so.

use std::io::Write as _;

use shared::egress::Targets;
use testkit::Receiver;
use tokio::io::AsyncWriteExt;
use webhook_sender::tls;

use crate::world::World;

/// A world that trusts this authority besides.
async fn trusting(authority: &str) -> World {
    let path = std::env::temp_dir().join(format!("{}.pem", shared::ids::EventId::new()));
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(authority.as_bytes()).unwrap();
    let mut world = World::new(Targets::Loopback).await;
    world.sender.caller.tls = tls::client(path.to_str()).unwrap();
    std::fs::remove_file(path).unwrap();
    world.names.lead("hooks.example", &[&["127.0.0.1"]]);
    world
}

#[tokio::test]
async fn a_certificate_counts_for_its_name_and_under_a_known_authority_only() {
    let (receiver, authority) = Receiver::secure("hooks.example").await;
    let (stranger, _) = Receiver::secure("hooks.example").await;
    let (other, others_authority) = Receiver::secure("other.example").await;
    let url = |receiver: &Receiver| format!("https://hooks.example:{}/", receiver.address().port());
    let world = trusting(&authority).await;
    assert_eq!(world.status(&url(&receiver)).await, 204);
    assert_eq!(receiver.seen()[0].line, "POST / HTTP/1.1");
    assert_eq!(world.refusal(&url(&stranger)).await, "tls_failed");
    // By its address it is not who it says either.
    let literal = format!("https://127.0.0.1:{}/", receiver.address().port());
    assert_eq!(world.refusal(&literal).await, "tls_failed");
    let world = trusting(&others_authority).await;
    assert_eq!(world.refusal(&url(&other)).await, "tls_failed");
    // Without the setting of a local stack nobody of ours is believed.
    let world = World::new(Targets::Loopback).await;
    world.names.lead("hooks.example", &[&["127.0.0.1"]]);
    assert_eq!(world.refusal(&url(&receiver)).await, "tls_failed");
    assert_eq!(receiver.seen().len(), 1);
    assert_eq!((stranger.seen().len(), other.seen().len()), (0, 0));
}

#[tokio::test]
async fn plain_http_is_no_tls() {
    let (plain, listener) = Receiver::bind().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad\r\n\r\n").await;
        }
    });
    let world = World::new(Targets::Loopback).await;
    let url = format!("https://127.0.0.1:{}/", plain.address().port());
    assert_eq!(world.refusal(&url).await, "tls_failed");
}

#[test]
fn a_file_without_certificates_is_an_error() {
    let missing = tls::client(Some("/nowhere/ca.pem"));
    assert!(missing.is_err());
}
