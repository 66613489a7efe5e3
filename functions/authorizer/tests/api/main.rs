//! The authorizer by its front door: the gateway's events in, simple responses out.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

mod callers;
mod forgeries;
mod keys;
mod outages;
mod scale;
mod signer;
mod world;
