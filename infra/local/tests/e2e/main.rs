//! The whole of it, from HTTP requests to the functions' own processes and what they leave behind.
//!
//! The functions' programs have to be built: `make test` does that first.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod command;
mod crashes;
mod database;
mod demo;
mod events;
mod full_disk;
mod functions;
mod isolation;
mod limits;
mod memory;
mod permissions;
mod plans;
mod poison;
mod processes;
mod reports;
mod restart;
mod rolling;
mod routes;
mod silo;
mod tenant;
mod tokens;
mod top;
mod tour;
mod undelivered;
mod up;
mod usage;
mod variables;
mod watching;
mod webhooks;
mod world;
