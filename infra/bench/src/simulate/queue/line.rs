//! The messages that can be received, by tenant and by age.

use std::collections::{BTreeMap, BTreeSet};

/// A message: when it was sent, in milliseconds, and its number.
pub(super) type Message = (u64, usize);

/// Visible messages. Every tenant has a line of its own, oldest first.
#[derive(Debug, Default)]
pub(super) struct Lines {
    of: BTreeMap<usize, BTreeSet<Message>>,
    heads: BTreeSet<(Message, usize)>,
}

impl Lines {
    pub(super) fn add(&mut self, tenant: usize, message: Message) {
        self.change(tenant, |line| {
            line.insert(message);
        });
    }

    /// Takes the oldest message of a tenant.
    pub(super) fn take(&mut self, tenant: usize) -> Option<Message> {
        let mut taken = None;
        self.change(tenant, |line| taken = line.pop_first());
        taken
    }

    /// The tenants with messages, the one with the oldest first.
    pub(super) fn tenants(&self) -> impl Iterator<Item = usize> {
        self.heads.iter().map(|(_, tenant)| *tenant)
    }

    /// Whether messages of a tenant can be received.
    pub(super) fn has(&self, tenant: usize) -> bool {
        self.of.get(&tenant).is_some_and(|line| !line.is_empty())
    }

    fn change(&mut self, tenant: usize, change: impl FnOnce(&mut BTreeSet<Message>)) {
        let line = self.of.entry(tenant).or_default();
        if let Some(head) = line.first() {
            self.heads.remove(&(*head, tenant));
        }
        change(line);
        if let Some(head) = line.first() {
            self.heads.insert((*head, tenant));
        }
    }
}
