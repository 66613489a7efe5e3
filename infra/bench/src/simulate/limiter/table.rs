//! The table that all simulated instances share: items, a network on the way to them, and what
//! they were asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::types::AttributeValue;
use shared::limits::item::{Item, KEY, Write, read};
use shared::limits::{Answer, LimiterError, Table};

use super::clockwork::Clockwork;
use super::expression::{holds, updated};
use crate::simulate::random::Random;

/// The shortest and the longest time from an instance to the table and back, in microseconds. An
/// assumption: DynamoDB promises single-digit milliseconds.
pub const ROUND_TRIP_US: (u64, u64) = (3_000, 8_000);

/// Writes a second that one item bears
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>).
pub const ITEM_WRITES_MAX: u64 = 1_000;

/// A table in simulated time. Clones share its items.
#[derive(Debug, Clone)]
pub(super) struct SimulatedTable {
    clock: Clockwork,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    items: HashMap<String, Row>,
    random: Random,
    not_understood: Option<String>,
}

#[derive(Debug)]
struct Row {
    item: Option<Item>,
    load: Load,
    second: u64,
    in_second: u64,
    /// What the item bears now, in millionths of a write.
    room: u64,
    room_at_us: u64,
}

/// How much one item was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Load {
    /// Writes that were carried out, and those whose condition failed: both are charged.
    pub(super) writes: u64,
    /// Writes that the item was too hot for.
    pub(super) throttled: u64,
    /// Writes asked for in the busiest second.
    pub(super) busiest: u64,
}

impl SimulatedTable {
    pub(super) fn new(clock: Clockwork, random: Random) -> Self {
        let shared = Shared {
            items: HashMap::new(),
            random,
            not_understood: None,
        };
        Self {
            clock,
            shared: Arc::new(Mutex::new(shared)),
        }
    }

    /// The load of every item.
    pub(super) fn loads(&self) -> Vec<Load> {
        let shared = self.lock();
        shared.items.values().map(Row::load).collect()
    }

    /// What the limiter asked for and this table does not know.
    pub(super) fn not_understood(&self) -> Option<String> {
        self.lock().not_understood.clone()
    }

    fn apply(&self, key: &str, write: &Write) -> Result<Answer, LimiterError> {
        let now_us = self.clock.now_us();
        let mut shared = self.lock();
        let row = shared.items.entry(key.to_owned()).or_insert_with(Row::new);
        if !row.bears(now_us) {
            return Err(LimiterError::Request("throttled".to_owned()));
        }
        let answer = row.write(key, write);
        answer.map_err(|reason| {
            shared.not_understood = Some(reason.clone());
            LimiterError::Request(reason)
        })
    }

    /// The two ways of a round trip; most are short.
    fn ways_us(&self) -> (u64, u64) {
        let (shortest, longest) = ROUND_TRIP_US;
        let random = &mut self.lock().random;
        let spare = longest - shortest;
        let late = random.below(spare + 1).min(random.below(spare + 1));
        let trip = shortest + late;
        let out = trip / 2;
        (out, trip - out)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table for SimulatedTable {
    async fn write(&self, key: &str, write: Write) -> Result<Answer, LimiterError> {
        let (out_us, back_us) = self.ways_us();
        self.clock.sleep(out_us).await;
        let answer = self.apply(key, &write);
        self.clock.sleep(back_us).await;
        answer
    }
}

impl Row {
    const WRITE: u64 = 1_000_000;

    fn new() -> Self {
        Self {
            item: None,
            load: Load::default(),
            second: 0,
            in_second: 0,
            room: ITEM_WRITES_MAX * Self::WRITE,
            room_at_us: 0,
        }
    }

    fn load(&self) -> Load {
        Load {
            busiest: self.load.busiest.max(self.in_second),
            ..self.load
        }
    }

    /// Whether the item bears one more write, which is then counted.
    fn bears(&mut self, now_us: u64) -> bool {
        let second = now_us / 1_000_000;
        if second != self.second {
            self.load.busiest = self.load.busiest.max(self.in_second);
            (self.second, self.in_second) = (second, 0);
        }
        self.in_second += 1;
        let gained = (now_us - self.room_at_us) * ITEM_WRITES_MAX;
        self.room = (self.room + gained).min(ITEM_WRITES_MAX * Self::WRITE);
        self.room_at_us = now_us;
        let left = self.room.checked_sub(Self::WRITE);
        self.room = left.unwrap_or(self.room);
        self.load.writes += u64::from(left.is_some());
        self.load.throttled += u64::from(left.is_none());
        left.is_some()
    }

    fn write(&mut self, key: &str, write: &Write) -> Result<Answer, String> {
        let before = self.item.as_ref();
        if !holds(write, before)? {
            return Ok(Answer::Refused(before.and_then(read)));
        }
        let named = Item::from([(KEY.to_owned(), AttributeValue::S(key.to_owned()))]);
        let after = updated(write, &named, before)?;
        let bucket = read(&after).ok_or("an item that is no bucket")?;
        self.item = Some(after);
        Ok(Answer::Counted(bucket))
    }
}

#[cfg(test)]
mod tests;
