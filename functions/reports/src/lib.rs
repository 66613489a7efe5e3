//! The reports domain: asks for a report, follows it, hands out its document. Rendering it is the
//! business of `report-worker`.

pub mod domain;
pub mod listing;
pub mod routes;
pub mod schedule;
pub mod settings;
pub mod state;
pub mod store;
pub mod types;
pub mod v1;
pub mod v2;
