//! The migrated database, tried from outside: by the runner, the linter and every service's role.
//!
//! Needs `DATABASE_URL`, a database owner's that may create roles and databases; `local with`
//! gives it. Each test works in a database of its own.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod apply;
mod auth;
mod catalogue;
mod database;
mod deployment;
mod differences;
mod door;
mod earlier;
mod faults;
mod isolation;
mod kills;
mod lint;
mod moving;
mod relay;
mod roles;
mod seed;
mod silo;
mod silos;
mod tallies;
mod task;
mod waiting;
