//! The relay between a real PostgreSQL and SQS over its wire protocol.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should stop"
)]

mod age;
mod claims;
mod documents;
mod failures;
mod parked;
mod purge;
mod rounds;
mod schedules;
mod sending;
mod world;
