//! What each call does.

pub mod deliveries;
pub mod endpoints;
