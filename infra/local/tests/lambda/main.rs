//! Functions under the local stack, from a template to HTTP requests, queues and the clock.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod answers;
mod authorizer;
mod concurrency;
mod environment;
mod events;
mod failures;
mod permissions;
mod product;
mod provision;
mod queue_trigger;
mod refusals;
mod schedule;
mod stack;
mod template;
