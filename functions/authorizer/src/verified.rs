//! The tokens that this instance has verified lately: a caller's next request does not pay for the
//! signature again.

use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use shared::recent::Recent;
use shared::token::Claims;
use time::OffsetDateTime;

/// How many tokens are remembered. Only good ones are, so that bad ones cannot push them out.
const TOKENS_MAX: usize = 1_024;

/// The claims of verified tokens, each until a time. Tokens are known by their SHA-256: nobody who
/// reads this memory can use it to call.
pub(crate) struct Verified(Mutex<Recent<Digest, Option<Entry>>>);

type Digest = [u8; SHA256_OUTPUT_LEN];

struct Entry {
    claims: Claims,
    until: OffsetDateTime,
}

impl Verified {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Recent::new(TOKENS_MAX)))
    }

    /// The claims of a token that was verified before and is still good at `now`.
    pub(crate) fn find(&self, token: &str, now: OffsetDateTime) -> Option<Claims> {
        let known = self.lock();
        let entry = known.get(&digest_of(token))?.as_ref()?;
        (now < entry.until).then(|| entry.claims.clone())
    }

    /// Remembers a token that has just been verified, until it expires or its key has to be asked
    /// for again.
    pub(crate) fn remember(&self, token: &str, claims: &Claims, until: OffsetDateTime) {
        let entry = Entry {
            claims: claims.clone(),
            until,
        };
        *self.lock().entry(&digest_of(token)) = Some(entry);
    }

    fn lock(&self) -> MutexGuard<'_, Recent<Digest, Option<Entry>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest_of(token: &str) -> Digest {
    let hash = digest(&SHA256, token.as_bytes());
    hash.as_ref().first_chunk().copied().unwrap_or_default()
}
