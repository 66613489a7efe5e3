//! The function through its front door: a command or the schedule's event in, an answer out, against
//! real PostgreSQL, S3 and DynamoDB.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot be set up should stop"
)]

mod export;
mod kills;
mod purge;
mod scan;
mod steps;
mod world;
