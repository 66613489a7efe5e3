//! The billing domain: what is sold, what each tenant bought, and what it used.
//!
//! Two binaries: `billing` answers requests, `billing-meter` counts what the other domains report.

pub mod domain;
pub mod invoice;
pub mod meter;
pub mod period;
pub mod routes;
pub mod store;
pub mod subscribe;
pub mod v1;
pub mod v2;
