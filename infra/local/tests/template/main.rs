//! What the templates promise: each check reads them as documents and names what is missing, and each
//! is shown a text with one thing broken.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod api;
mod database;
mod dimensions;
mod document;
mod functions;
mod network;
mod queues;
mod roles;
mod stores;
mod timeouts;
mod wiring;
