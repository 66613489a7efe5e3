//! Events that commit together with the change they tell of.
//!
//! An event is a row in its domain's own `outbox`, written in the transaction of the change.
//! Nothing is sent that was not committed, and nothing that was committed is lost: `relay` sends it
//! from there, within about a second, and no answer waits for a queue.

use serde_json::Value;

use crate::db::Statement;
use crate::error::ApiError;
use crate::jobs::{Envelope, Event};

crate::statements! {
    EMIT = "
INSERT INTO outbox (id, type, data, dedup, occurred_at)
VALUES ($1, $2, $3, $4, $5)";
}

/// Writes an event into the domain's outbox.
///
/// `dedup` names what the event is about: a second event of the same type about the same thing is
/// refused by the table's unique key, whatever the reason for the repetition.
pub fn emit<E: Event>(
    envelope: &Envelope<E>,
    dedup: impl std::fmt::Display,
) -> Result<Statement<u64>, ApiError> {
    let data: Value = serde_json::to_value(&envelope.data).map_err(ApiError::internal)?;
    Ok(Statement::new(EMIT)
        .bind(envelope.id)
        .bind(envelope.kind.clone())
        .bind(data)
        .bind(dedup.to_string())
        .bind(envelope.occurred_at))
}
