//! The auth function by its front door: gateway events in, responses out, a real database.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

mod audit;
mod documents;
mod guards;
mod log_in;
mod refresh;
mod session;
mod sign_up;
mod world;
