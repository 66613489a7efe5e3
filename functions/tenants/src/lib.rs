//! The life of a tenant, as its operator steers it (tenant management in the control plane, in
//! the terms of the AWS `SaaS` Lens). No caller of the API reaches this function.
//!
//! ```text
//! active ⇄ suspended ─► offboarding ─► purging ─► purged
//!    └───────────────────┘    │ 30 days, until then it may stay
//! ```

mod certificate;
mod command;
mod error;
mod export;
mod ndjson;
mod purge;
mod state;
pub mod store;

pub use certificate::CERTIFICATE_TYPE;
pub use error::TenantsError;
pub use state::{MARGIN, Tenants};
