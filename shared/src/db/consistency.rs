//! What one request has seen and written, where a replica may answer its reads.
//!
//! **Invariant:** a read outside of [`Consistency::scope`] goes to the primary. So do the reads of
//! a request that has written, or may write: what it decides, it decides by the newest rows.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::{Clock, micros};

const TOKEN_BYTES: usize = 9;
const KIND_POSITION: u8 = 1;
const KIND_WRITTEN_AT: u8 = 2;

tokio::task_local! {
    static REQUEST: Arc<Consistency>;
}

/// What a write tells its caller, and the caller a later read: from when on it has to see.
///
/// Opaque to callers and no secret: it decides which server is asked, never which rows there are.
/// Whoever edits one spoils nobody's reads but their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsistencyToken {
    /// The end of the write-ahead log after the commit.
    Position(u64),
    /// The time of the commit, in microseconds since the epoch: where positions mean nothing.
    WrittenAt(i64),
}

impl ConsistencyToken {
    /// Writes it down for the caller.
    pub fn encode(self) -> String {
        let (kind, value) = match self {
            Self::Position(position) => (KIND_POSITION, position.to_be_bytes()),
            Self::WrittenAt(at) => (KIND_WRITTEN_AT, at.to_be_bytes()),
        };
        let mut bytes = Vec::with_capacity(TOKEN_BYTES);
        bytes.push(kind);
        bytes.extend_from_slice(&value);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads what [`ConsistencyToken::encode`] wrote.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (kind, value) = bytes.split_first()?;
        let value = value.try_into().ok()?;
        match *kind {
            KIND_POSITION => Some(Self::Position(u64::from_be_bytes(value))),
            KIND_WRITTEN_AT => Some(Self::WrittenAt(i64::from_be_bytes(value))),
            _ => None,
        }
    }
}

/// Who answered a request's reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadFrom {
    /// The primary, at once.
    Primary,
    /// The primary, after a replica had been asked in vain.
    Fallback,
    /// A replica, for at least one of the reads.
    Replica {
        /// How far it was behind, in milliseconds; the largest value where nobody knows.
        lag_ms: i64,
    },
}

/// The lag of a replica that cannot tell it.
pub const LAG_MS_UNKNOWN: i64 = i64::MAX;

/// A moment before which a snapshot must not lie: it holds whatever had been committed by then.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The end of the write-ahead log then. Without one, only the primary will do.
    pub position: Option<u64>,
    /// How long ago it was: what counts where positions mean nothing.
    pub age: Duration,
}

impl Moment {
    /// The position that a replica must have replayed, or `None` when the primary has to be asked.
    pub(super) fn on_replica(self, sticky: Option<Duration>) -> Option<u64> {
        match sticky {
            Some(after_a_write) => (self.age >= after_a_write).then_some(0),
            None => self.position,
        }
    }
}

/// How fresh a request's reads have to be, and what became of them.
#[derive(Debug)]
pub struct Consistency {
    clock: Clock,
    may_lag: bool,
    position: u64,
    written_at: Option<i64>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    has_written: bool,
    token: Option<ConsistencyToken>,
    read_from: Option<ReadFrom>,
}

impl Consistency {
    /// Of a request that brought `tokens`. `may_lag` tells whether it only reads.
    pub fn new(clock: Clock, may_lag: bool, tokens: &[ConsistencyToken]) -> Self {
        let (mut position, mut written_at) = (0, None);
        for token in tokens {
            match *token {
                ConsistencyToken::Position(at) => position = position.max(at),
                ConsistencyToken::WrittenAt(at) => written_at = written_at.max(Some(at)),
            }
        }
        Self {
            clock,
            may_lag,
            position,
            written_at,
            seen: Mutex::default(),
        }
    }

    /// Runs a request, and everything it awaits in the same task, under these terms.
    pub async fn scope<T>(self: &Arc<Self>, request: impl Future<Output = T>) -> T {
        REQUEST.scope(Arc::clone(self), request).await
    }

    /// The request that the calling task serves.
    pub(super) fn current() -> Option<Arc<Self>> {
        REQUEST.try_with(Arc::clone).ok()
    }

    /// The position that a replica must have replayed, or `None` when the primary has to be asked.
    ///
    /// `sticky`: how long after a write the primary is asked, where positions mean nothing.
    /// `lag_max`: how far a replica that is read from can be behind at most.
    pub(super) fn on_replica(&self, sticky: Option<Duration>, lag_max: Duration) -> Option<u64> {
        if !self.may_lag || self.seen().has_written {
            return None;
        }
        let fresh_for = sticky.unwrap_or(lag_max);
        let fresh_for = i64::try_from(fresh_for.as_micros()).unwrap_or(i64::MAX);
        let age = |at: i64| micros(self.clock.now()).saturating_sub(at);
        let is_fresh = self.written_at.is_some_and(|at| age(at) < fresh_for);
        // A position from before the operator went over to stickiness.
        let unknown = sticky.is_some() && self.position > 0;
        (!is_fresh && !unknown).then_some(self.position)
    }

    /// Notes that a write is about to be sent: from now on only the primary will do.
    pub(super) fn will_write(&self) {
        self.note(|seen| seen.has_written = true);
    }

    /// Notes that a write was committed, and where.
    pub(super) fn has_written(&self, position: Option<u64>) {
        let at = micros(self.clock.now());
        let token = position.map_or(ConsistencyToken::WrittenAt(at), ConsistencyToken::Position);
        // A request's writes follow each other, so the last one's token holds for all.
        self.note(|seen| seen.token = Some(token));
    }

    /// Notes who answered a read; of several, the least fresh counts.
    pub(super) fn has_read(&self, from: ReadFrom) {
        self.note(|seen| seen.read_from = seen.read_from.max(Some(from)));
    }

    /// The token of what the request wrote.
    pub fn token(&self) -> Option<ConsistencyToken> {
        self.seen().token
    }

    /// Who answered its reads; `None` where it read nothing.
    pub fn read_from(&self) -> Option<ReadFrom> {
        self.seen().read_from
    }

    fn seen(&self) -> Seen {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, note: impl FnOnce(&mut Seen)) {
        note(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
