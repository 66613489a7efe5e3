//! The relay: what domains have committed to their outboxes goes to the queues, and what has
//! served its time is removed. It works by the clock, for all tenants, and reads no tenant's rows
//! but those of outboxes.

pub mod purge;
pub mod relay;
pub mod routing;
pub mod store;

pub use relay::{Counts, Relay};
