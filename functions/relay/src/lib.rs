//! The relay: what domains have committed to their outboxes goes to the queues, and what has
//! served its time is removed. It works by the clock, for all tenants, and reads no tenant's rows
//! but those of outboxes; what else is due, functions of the database do that show it none.

pub mod counts;
pub mod due;
pub mod purge;
pub mod relay;
pub mod routing;
pub mod store;

pub use counts::Counts;
pub use relay::Relay;
