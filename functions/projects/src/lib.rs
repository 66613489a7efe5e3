//! The projects domain: the product's core, and the one to copy for the next domain.

pub mod domain;
pub mod routes;
pub mod store;
pub mod v1;
pub mod v2;
