//! All queues together, and the journal of what happens to them.

use std::{collections::BTreeMap, io, path::PathBuf, sync::Arc};

use tokio::sync::Notify;

use super::{
    attributes::{Attributes, Redrive},
    error::SqsError,
    journal::{Journal, Record},
    message::Message,
    queue::Queue,
};
use crate::aws::{ACCOUNT_ID, REGION, ServicesError};

/// The queues by name; every change goes through here and into the journal.
#[derive(Debug, Default)]
pub(super) struct Broker {
    queues: BTreeMap<String, Queue>,
    journal: Option<Journal>,
    sequence: u64,
    /// Wakes waiting receivers when a message may have become visible.
    arrivals: Arc<Notify>,
}

/// The ARN of the queue `name`.
pub(super) fn arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}")
}

impl Broker {
    /// Reads the journal and starts a new one with what it came to.
    pub(super) fn open(path: Option<PathBuf>) -> Result<Self, ServicesError> {
        let mut broker = Self::default();
        let Some(path) = path else {
            return Ok(broker);
        };
        for record in Journal::read(&path)? {
            broker.replay(record).map_err(|error| ServicesError::Data {
                service: "SQS",
                path: path.clone(),
                reason: format!("{error:?}"),
            })?;
        }
        let journal = Journal::create(&path, broker.records());
        broker.journal = Some(journal.map_err(ServicesError::file(path))?);
        Ok(broker)
    }

    fn replay(&mut self, record: Record) -> Result<(), SqsError> {
        match record {
            Record::Queue {
                name,
                attributes,
                created_at,
                modified_at,
            } => {
                let attributes = Attributes::new(attributes)?;
                if let Some(queue) = self.queues.get_mut(&name) {
                    queue.attributes = attributes;
                    queue.modified_at = modified_at;
                } else {
                    let queue = Queue::new(attributes, created_at, modified_at);
                    self.queues.insert(name, queue);
                }
            }
            Record::QueueDeleted { name } => drop(self.queues.remove(&name)),
            Record::QueuePurged { name } => self.queue_mut(&name)?.purge(),
            Record::Message { queue, message } => {
                self.sequence = self.sequence.max(message.sequence);
                self.queue_mut(&queue)?.put(message);
            }
            Record::MessageDeleted { queue, sequence } => {
                drop(self.queue_mut(&queue)?.take(sequence));
            }
        }
        Ok(())
    }

    /// The shortest journal that leads to the present state.
    fn records(&self) -> impl Iterator<Item = Record> {
        self.queues.iter().flat_map(|(name, queue)| {
            let messages = queue.messages().map(|message| Record::Message {
                queue: name.clone(),
                message: message.clone(),
            });
            std::iter::once(record_of(name, queue)).chain(messages)
        })
    }

    /// Adds a record to the journal.
    ///
    /// What it tells of may be in memory already or not yet: the journal is written anew before it,
    /// so it is in the file in either case. But memory must hold all that earlier records told of.
    fn record(&mut self, record: impl FnOnce() -> Record) -> Result<(), SqsError> {
        let failed = |error: io::Error| SqsError::internal(&format!("journal: {error}"));
        let things: usize = self.queues.values().map(|queue| 1 + queue.len()).sum();
        if let Some(journal) = &self.journal
            && journal.is_bloated(things)
        {
            let path = journal.path().to_path_buf();
            self.journal = Some(Journal::create(&path, self.records()).map_err(failed)?);
        }
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        journal.append(&record()).map_err(failed)
    }

    /// Notified of every message that may have become visible.
    pub(super) fn arrivals(&self) -> Arc<Notify> {
        Arc::clone(&self.arrivals)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.queues.keys()
    }

    pub(super) fn queue(&self, name: &str) -> Result<&Queue, SqsError> {
        self.queues.get(name).ok_or_else(SqsError::no_queue)
    }

    fn queue_mut(&mut self, name: &str) -> Result<&mut Queue, SqsError> {
        self.queues.get_mut(name).ok_or_else(SqsError::no_queue)
    }

    /// Creates a queue or gives an existing one other attributes.
    pub(super) fn configure(
        &mut self,
        name: &str,
        attributes: Attributes,
        now: u64,
    ) -> Result<(), SqsError> {
        if let Some(Redrive { queue, .. }) = attributes.redrive()
            && !self.queues.contains_key(queue)
        {
            return Err(SqsError::parameter(
                "Value for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.",
            ));
        }
        let created_at = self.queues.get(name).map_or(now, |queue| queue.created_at);
        let record = Record::Queue {
            name: name.to_owned(),
            attributes: attributes.texts().clone(),
            created_at,
            modified_at: now,
        };
        self.record(|| record)?;
        if let Some(queue) = self.queues.get_mut(name) {
            queue.attributes = attributes;
            queue.modified_at = now;
        } else {
            let queue = Queue::new(attributes, created_at, now);
            self.queues.insert(name.to_owned(), queue);
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, name: &str) -> Result<(), SqsError> {
        self.queues.remove(name).ok_or_else(SqsError::no_queue)?;
        self.record(|| Record::QueueDeleted {
            name: name.to_owned(),
        })
    }

    pub(super) fn purge(&mut self, name: &str) -> Result<(), SqsError> {
        self.queue_mut(name)?.purge();
        self.record(|| Record::QueuePurged {
            name: name.to_owned(),
        })
    }

    /// Adds a message under the next sequence number.
    pub(super) fn send(&mut self, name: &str, mut message: Message) -> Result<(), SqsError> {
        if self.queue(name)?.is_full() {
            return Err(SqsError::internal("the local queue is full"));
        }
        self.sequence += 1;
        message.sequence = self.sequence;
        self.put(name, message)
    }

    fn put(&mut self, name: &str, message: Message) -> Result<(), SqsError> {
        self.record(|| Record::Message {
            queue: name.to_owned(),
            message: message.clone(),
        })?;
        self.queue_mut(name)?.put(message);
        self.arrivals.notify_waiters();
        Ok(())
    }

    fn forget(&mut self, name: &str, sequence: u64) -> Result<(), SqsError> {
        self.record(|| Record::MessageDeleted {
            queue: name.to_owned(),
            sequence,
        })
    }

    /// Receives up to `count` messages and moves those received too often to the dead-letter queue.
    pub(super) fn receive(
        &mut self,
        name: &str,
        now: u64,
        count: usize,
        visible_at: u64,
    ) -> Result<Vec<Message>, SqsError> {
        let redrive = self.queue(name)?.attributes.redrive().cloned();
        // Without a dead-letter queue, and another one, a message stays where it is.
        let redrive = redrive
            .filter(|redrive| redrive.queue != name && self.queues.contains_key(&redrive.queue));
        let receives_max = redrive.as_ref().map(|redrive| redrive.receives_max);
        // Each further round has removed messages, so the rounds end.
        loop {
            let queue = self.queue_mut(name)?;
            let received = queue.receive(now, count, visible_at, receives_max)?;
            let is_last = received.dead.is_empty() && received.expired.is_empty();
            for sequence in received.expired {
                self.forget(name, sequence)?;
            }
            if let Some(redrive) = &redrive {
                self.bury(name, &redrive.queue, received.dead, now)?;
            }
            if is_last || !received.delivered.is_empty() {
                for message in &received.delivered {
                    self.record(|| Record::Message {
                        queue: name.to_owned(),
                        message: message.clone(),
                    })?;
                }
                return Ok(received.delivered);
            }
        }
    }

    fn bury(
        &mut self,
        name: &str,
        target: &str,
        dead: Vec<Message>,
        now: u64,
    ) -> Result<(), SqsError> {
        for mut message in dead {
            let sequence = message.sequence;
            message.bury(now, arn(name));
            // In this order: dying in between leaves the message twice and never nowhere.
            self.put(target, message)?;
            self.queue_mut(name)?.take(sequence);
            self.forget(name, sequence)?;
        }
        Ok(())
    }

    pub(super) fn delete(&mut self, name: &str, receipt: &str) -> Result<(), SqsError> {
        match self.queue_mut(name)?.delete(receipt)? {
            Some(sequence) => self.forget(name, sequence),
            None => Ok(()),
        }
    }

    pub(super) fn hide(
        &mut self,
        name: &str,
        receipt: &str,
        now: u64,
        visible_at: u64,
    ) -> Result<(), SqsError> {
        let message = self.queue_mut(name)?.hide(receipt, now, visible_at)?;
        self.arrivals.notify_waiters();
        self.record(|| Record::Message {
            queue: name.to_owned(),
            message,
        })
    }
}

fn record_of(name: &str, queue: &Queue) -> Record {
    Record::Queue {
        name: name.to_owned(),
        attributes: queue.attributes.texts().clone(),
        created_at: queue.created_at,
        modified_at: queue.modified_at,
    }
}
