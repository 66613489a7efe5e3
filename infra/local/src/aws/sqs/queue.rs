//! One queue: messages in the order in which they become visible.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    attributes::Attributes,
    error::SqsError,
    message::{Message, sequence_in},
};

/// Messages in flight at the same time, as on AWS.
const IN_FLIGHT_MAX: usize = 120_000;
/// Messages in one queue; AWS has no limit, memory has.
const MESSAGES_MAX: usize = 200_000;

/// When a message becomes visible and its sequence number.
type Place = (u64, u64);

/// A queue and its messages; every `now` is in milliseconds since 1970.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) attributes: Attributes,
    pub(super) created_at: u64,
    pub(super) modified_at: u64,
    messages: BTreeMap<Place, Message>,
    /// From a message's sequence number to when it becomes visible.
    visible_at: HashMap<u64, u64>,
    /// Where each group's messages are; those without a group are under `None`.
    groups: BTreeMap<Option<String>, BTreeSet<Place>>,
}

/// What one receive did.
#[derive(Debug, Default)]
pub(super) struct Received {
    /// Messages for the receiver.
    pub(super) delivered: Vec<Message>,
    /// Messages that were received too often; they are still in the queue.
    pub(super) dead: Vec<Message>,
    /// Sequence numbers of messages whose retention period is over.
    pub(super) expired: Vec<u64>,
}

/// How many messages are in which state.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) visible: usize,
    pub(super) in_flight: usize,
    pub(super) delayed: usize,
}

impl Queue {
    pub(super) fn new(attributes: Attributes, created_at: u64, modified_at: u64) -> Self {
        Self {
            attributes,
            created_at,
            modified_at,
            messages: BTreeMap::new(),
            visible_at: HashMap::new(),
            groups: BTreeMap::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.messages.len() >= MESSAGES_MAX
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.values()
    }

    /// Adds a message, or replaces the one with its sequence number.
    pub(super) fn put(&mut self, message: Message) {
        self.take(message.sequence);
        let place = (message.visible_at, message.sequence);
        self.visible_at.insert(message.sequence, message.visible_at);
        let group = self.groups.entry(message.group_id.clone()).or_default();
        group.insert(place);
        self.messages.insert(place, message);
    }

    pub(super) fn take(&mut self, sequence: u64) -> Option<Message> {
        let visible_at = self.visible_at.remove(&sequence)?;
        let message = self.messages.remove(&(visible_at, sequence))?;
        if let Some(group) = self.groups.get_mut(&message.group_id) {
            group.remove(&(visible_at, sequence));
            if group.is_empty() {
                self.groups.remove(&message.group_id);
            }
        }
        Some(message)
    }

    pub(super) fn purge(&mut self) {
        self.messages.clear();
        self.visible_at.clear();
        self.groups.clear();
    }

    /// Takes up to `count` visible messages, hidden from others until `visible_at`.
    ///
    /// A message received `receives_max` times already is dead and not delivered.
    pub(super) fn receive(
        &mut self,
        now: u64,
        count: usize,
        visible_at: u64,
        receives_max: Option<u32>,
    ) -> Result<Received, SqsError> {
        if self.messages.len() > IN_FLIGHT_MAX && self.counts(now).in_flight >= IN_FLIGHT_MAX {
            return Err(SqsError::over_limit());
        }
        let mut received = Received::default();
        let retention = self.attributes.retention_ms();
        // Each round takes a message out, so the rounds end.
        while received.delivered.len() < count {
            let fairest = self.fairest(now, &received.delivered);
            let Some(mut message) = fairest.and_then(|sequence| self.take(sequence)) else {
                break;
            };
            if message.sent_at.saturating_add(retention) <= now {
                received.expired.push(message.sequence);
            } else if receives_max.is_some_and(|max| message.receives >= max) {
                received.dead.push(message);
            } else {
                message.receive(now, visible_at);
                received.delivered.push(message);
            }
        }
        for message in received.delivered.iter().chain(&received.dead) {
            self.put(message.clone());
        }
        Ok(received)
    }

    /// The visible message that is due the longest, of the groups with the fewest messages in flight;
    /// `taken` are on their way.
    ///
    /// So one tenant's thousand jobs do not hold up another's single one; see
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html>.
    /// A message without a group is a group of its own.
    fn fairest(&self, now: u64, taken: &[Message]) -> Option<u64> {
        let load = |group: &Option<String>, places: &BTreeSet<Place>| {
            if group.is_none() {
                return 0;
            }
            let hidden = places.range((now + 1, 0)..);
            let is_received = |place: &&Place| {
                (self.messages.get(place)).is_some_and(|one| one.receipt.is_some())
            };
            let on_their_way = taken.iter().filter(|one| one.group_id == *group);
            hidden.filter(is_received).count() + on_their_way.count()
        };
        let visible = self.groups.iter().filter_map(|(group, places)| {
            let first = places.first().filter(|(at, _)| *at <= now)?;
            Some((load(group, places), *first))
        });
        visible.min().map(|(_, (_, sequence))| sequence)
    }

    /// Removes the message of a receipt; `None` when it is gone or was received again since.
    pub(super) fn delete(&mut self, receipt: &str) -> Result<Option<u64>, SqsError> {
        let sequence = sequence_in(receipt).ok_or_else(SqsError::receipt_handle)?;
        let held = self.holds(sequence, receipt);
        Ok(held
            .then(|| self.take(sequence))
            .flatten()
            .map(|message| message.sequence))
    }

    /// Hides the message of a receipt until `visible_at` and answers its new state.
    pub(super) fn hide(
        &mut self,
        receipt: &str,
        now: u64,
        visible_at: u64,
    ) -> Result<Message, SqsError> {
        let sequence = sequence_in(receipt).ok_or_else(SqsError::receipt_handle)?;
        if !self.holds(sequence, receipt) {
            return Err(SqsError::parameter(
                "Value for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.",
            ));
        }
        if self
            .visible_at
            .get(&sequence)
            .is_none_or(|until| *until <= now)
        {
            return Err(SqsError::not_in_flight());
        }
        let mut message = self.take(sequence).ok_or_else(SqsError::not_in_flight)?;
        message.visible_at = visible_at;
        self.put(message.clone());
        Ok(message)
    }

    fn holds(&self, sequence: u64, receipt: &str) -> bool {
        self.visible_at
            .get(&sequence)
            .and_then(|visible_at| self.messages.get(&(*visible_at, sequence)))
            .is_some_and(|message| message.receipt.as_deref() == Some(receipt))
    }

    /// When the next hidden message becomes visible.
    pub(super) fn next_visible_at(&self, now: u64) -> Option<u64> {
        let (place, _) = self.messages.range((now + 1, 0)..).next()?;
        Some(place.0)
    }

    pub(super) fn counts(&self, now: u64) -> Counts {
        let mut counts = Counts::default();
        for ((visible_at, _), message) in &self.messages {
            match message.receipt {
                _ if *visible_at <= now => counts.visible += 1,
                Some(_) => counts.in_flight += 1,
                None => counts.delayed += 1,
            }
        }
        counts
    }
}
