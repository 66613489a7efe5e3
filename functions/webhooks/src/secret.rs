//! An endpoint's secret, and what it signs (Standard Webhooks 1.0.0,
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

use std::collections::BTreeMap;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shared::ids::EventId;

/// What a secret's text begins with.
const PREFIX: &str = "whsec_";
/// Its random part, in bytes: the standard takes 24 to 64.
const SECRET_BYTES: usize = 32;
/// The one kind of signature that a shared secret makes: HMAC-SHA256.
const VERSION: &str = "v1";

/// A secret that an endpoint shares with us. There is no `Debug`: its text is a credential.
pub struct Secret(Vec<u8>);

impl Secret {
    /// A random one.
    pub fn random() -> Result<Self, Unspecified> {
        let mut bytes = vec![0; SECRET_BYTES];
        rand::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// One that was stored.
    pub fn stored(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// What is stored of it.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.clone()
    }

    /// How its owner is shown it, once.
    pub fn text(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    fn sign(&self, content: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let tag = hmac::sign(&key, content);
        format!("{VERSION},{}", STANDARD.encode(tag))
    }
}

/// The identity that a message has for its receivers: the same at each attempt.
pub fn message_id(event: EventId) -> String {
    format!("msg_{}", event.as_uuid().simple())
}

/// The headers that go with `body`, signed by each secret in force at `signed_at`, in seconds since
/// the epoch.
pub fn headers(
    event: EventId,
    signed_at: i64,
    body: &str,
    secrets: &[Secret],
) -> BTreeMap<String, String> {
    let id = message_id(event);
    let content = format!("{id}.{signed_at}.{body}");
    let signatures = secrets.iter().map(|one| one.sign(content.as_bytes()));
    let signatures: Vec<_> = signatures.collect();
    BTreeMap::from([
        ("webhook-id".to_owned(), id),
        ("webhook-timestamp".to_owned(), signed_at.to_string()),
        ("webhook-signature".to_owned(), signatures.join(" ")),
    ])
}
