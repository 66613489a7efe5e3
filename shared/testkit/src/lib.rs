//! The front door for tests: API Gateway events in, responses out, a real database for each test.
//!
//! A dev-dependency only. `make test` starts PostgreSQL and the AWS emulators and tells the tests
//! where they are; nothing here starts anything.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up should stop"
)]

pub mod blocks;
pub mod bucket;
pub mod call;
pub mod caller;
pub mod database;
pub mod isolation;
pub mod program;
pub mod proxy;
pub mod queue;
pub mod receiver;
pub mod table;

pub use blocks::{blocks, named};
pub use bucket::TestBucket;
pub use call::{Call, Reply};
pub use caller::Caller;
pub use database::TestDatabase;
pub use program::{Outcome, Program, part_of};
pub use proxy::CountingProxy;
pub use queue::TestQueue;
pub use receiver::{Manner, Received, Receiver};
pub use table::TestTable;
