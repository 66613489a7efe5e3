//! Renders the reports that tenants ask for: messages in, documents out.
//!
//! `job`, `store` and `summary` know the database, the bucket and the queue; `pdf`, `report` and `theme` know
//! neither and turn a report's data into a document.

pub mod heartbeat;
pub mod job;
pub mod pdf;
pub mod progress;
pub mod report;
pub mod state;
pub mod store;
pub mod summary;
pub mod theme;
pub mod undelivered;
