//! Many workers as processes of their own, on one queue: killed, stalled, overtaken, and asked for more
//! than they can do.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up should stop"
)]

mod check;
mod fairness;
mod kills;
mod program;
mod slots;
mod world;
