//! The operations on up to ten messages at once, each with an outcome of its own.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Sqs,
    error::SqsError,
    messages::size_of,
    queues::name_in,
    to_json,
    wire::{Batch, Entry, Outgoing, Receipt, Visibility},
};

const ENTRIES_MAX: usize = 10;
const BATCH_BYTES_MAX: usize = 1_048_576;
const ID_CHARS_MAX: usize = 80;

impl Sqs {
    pub(super) fn send_message_batch(&self, batch: Batch<Outgoing>) -> Result<Value, SqsError> {
        let bytes: usize = batch
            .entries
            .iter()
            .map(|entry| size_of(&entry.entry))
            .sum();
        if bytes > BATCH_BYTES_MAX {
            return Err(SqsError::large_batch());
        }
        let name = name_in(&batch.queue_url)?;
        self.each(name, batch.entries, |message| self.send(name, message))
    }

    pub(super) fn delete_message_batch(&self, batch: Batch<Receipt>) -> Result<Value, SqsError> {
        let name = name_in(&batch.queue_url)?;
        self.each(name, batch.entries, |receipt| self.delete(name, &receipt))
    }

    pub(super) fn change_message_visibility_batch(
        &self,
        batch: Batch<Visibility>,
    ) -> Result<Value, SqsError> {
        let name = name_in(&batch.queue_url)?;
        self.each(name, batch.entries, |change| self.hide(name, &change))
    }

    fn each<E, O: Serialize>(
        &self,
        name: &str,
        entries: Vec<Entry<E>>,
        perform: impl Fn(E) -> Result<O, SqsError>,
    ) -> Result<Value, SqsError> {
        self.broker().queue(name)?;
        check_ids(&entries)?;
        let mut successful = Vec::new();
        let mut failed = Vec::new();
        for Entry { id, entry } in entries {
            match perform(entry) {
                Ok(output) => {
                    let mut output = to_json(&output)?;
                    if let Some(fields) = output.as_object_mut() {
                        fields.insert("Id".to_owned(), json!(id));
                    }
                    successful.push(output);
                }
                Err(error) => failed.push(error.entry(&id)),
            }
        }
        Ok(json!({"Successful": successful, "Failed": failed}))
    }
}

fn check_ids<E>(entries: &[Entry<E>]) -> Result<(), SqsError> {
    if entries.is_empty() {
        return Err(SqsError::empty_batch());
    }
    if entries.len() > ENTRIES_MAX {
        return Err(SqsError::long_batch());
    }
    let mut seen = HashSet::new();
    for Entry { id, .. } in entries {
        let mut letters = id.chars();
        let is_valid = (1..=ID_CHARS_MAX).contains(&id.len())
            && letters.all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
        if !is_valid {
            return Err(SqsError::batch_id());
        }
        if !seen.insert(id) {
            return Err(SqsError::repeated_batch_id());
        }
    }
    Ok(())
}
