//! Https is believed only where the certificate says so.

use std::io::Write as _;
use std::sync::Arc;

use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use shared::egress::Targets;
use testkit::Receiver;
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;
use webhook_sender::tls;

use crate::world::World;

/// A receiver with a certificate for `name` of an authority that nobody knows; and the authority, as
/// PEM.
async fn receiver(name: &str) -> (Receiver, String) {
    let authority = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, authority).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (receiver, listener) = Receiver::bind().await;
    let accepting = receiver.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                accepting.serve(stream).await;
            }
        }
    });
    (receiver, issuer.pem())
}

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
    let (receiver, authority) = receiver("hooks.example").await;
    let (stranger, _) = self::receiver("hooks.example").await;
    let (other, others_authority) = self::receiver("other.example").await;
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
