//! The rate limiter: one contract for both stores, its arithmetic against a log of every request,
//! outages, and negative controls for each checker.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where its expectation ends"
)]

mod contract;
mod controls;
mod forgetting;
mod log;
mod model;
mod outage;
mod stored;
mod wire;
mod world;
