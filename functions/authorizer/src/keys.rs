//! The issuer's public keys, as this instance knows them.

use std::collections::HashMap;
use std::sync::Arc;

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::Jwk;
use shared::db::{Database, DbError};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

use crate::store::{self, PublicKey};

/// For names that are not known the database is asked once in so many seconds at most. Tokens with
/// made-up names must not turn into load there; the first tokens of a new key, which is published
/// right before it signs, must not be refused for long.
const UNKNOWN_ASKED_SECS: i64 = 2;
/// Keys are asked for again after so many seconds: a key that was retired is refused by then.
const KEPT_SECS: i64 = 300;

/// A key, and until when it may be relied on without asking again.
pub struct Found {
    /// The key.
    pub key: Arc<DecodingKey>,
    /// From then on it may have been retired.
    pub until: OffsetDateTime,
}

/// The public keys by name. At most the hundred that `auth.public_keys` lists.
#[derive(Default)]
pub struct Keys(Mutex<Option<Known>>);

struct Known {
    keys: HashMap<String, Arc<DecodingKey>>,
    asked_at: OffsetDateTime,
}

impl Known {
    fn is_older_than(&self, secs: i64, now: OffsetDateTime) -> bool {
        now - self.asked_at >= Duration::seconds(secs)
    }
}

impl Keys {
    /// The key of this name; `None` when the issuer has none such.
    pub async fn find(
        &self,
        db: &Database,
        kid: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Found>, DbError> {
        let mut known = self.0.lock().await;
        let ask = match known.as_ref() {
            None => true,
            // The first token of an environment must not be refused for what was asked before it.
            Some(known) if known.keys.is_empty() => true,
            Some(known) if known.keys.contains_key(kid) => known.is_older_than(KEPT_SECS, now),
            Some(known) => known.is_older_than(UNKNOWN_ASKED_SECS, now),
        };
        if ask {
            let keys = db.without_tenant(store::public_keys()).await?;
            *known = Some(Known {
                keys: keys.into_iter().filter_map(read).collect(),
                asked_at: now,
            });
        }
        Ok(known.as_ref().and_then(|known| {
            Some(Found {
                key: Arc::clone(known.keys.get(kid)?),
                until: known.asked_at + Duration::seconds(KEPT_SECS),
            })
        }))
    }
}

/// A key that cannot be read is left out: it must not keep the others from verifying.
fn read(PublicKey { kid, jwk }: PublicKey) -> Option<(String, Arc<DecodingKey>)> {
    let jwk: Result<Jwk, _> = serde_json::from_value(jwk);
    let key = jwk.ok().and_then(|jwk| DecodingKey::from_jwk(&jwk).ok());
    if key.is_none() {
        tracing::error!(kid, "public key cannot be read");
    }
    key.map(|key| (kid, Arc::new(key)))
}
