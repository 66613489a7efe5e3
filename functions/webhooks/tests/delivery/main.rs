//! Webhooks from the event to the receiver and back: the API, the dispatcher and the sender with real
//! queues between them, a real database, and a clock that the tests move.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up should stop"
)]

mod claims;
mod fanout;
mod outages;
mod rotation;
mod sweep;
mod turns;
mod world;
