//! The sender between a queue's message and a receiver, which may be anybody.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up should stop"
)]

mod addresses;
mod proxies;
mod results;
mod rude;
mod tls;
mod world;
