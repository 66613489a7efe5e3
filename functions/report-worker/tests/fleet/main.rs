//! Many workers as processes of their own, on one queue: killed, stalled, overtaken, and asked for more
//! than they can do.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot be set up should stop, and what was done to the workers is to be seen"
)]

mod check;
mod fairness;
mod kills;
mod program;
mod slots;
mod world;
