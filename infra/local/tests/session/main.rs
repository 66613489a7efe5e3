//! A function's session with PostgreSQL, through the front door, where a test needs servers of its
//! own: roles that only a superuser can make, and a streaming replica.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up should stop"
)]

mod consistency;
mod fallback;
mod posture;
mod reports;
mod scene;
mod sticky;
mod trips;
