//! What the simulations must show, and the controls that must fail.

#![expect(
    clippy::expect_used,
    reason = "a simulation that cannot run has failed"
)]

mod limiter;
mod page;
mod queue;
