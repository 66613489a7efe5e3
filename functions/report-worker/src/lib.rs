//! Renders the reports that tenants ask for: messages in, documents out.
//!
//! `job`, `store` and `kinds` know the database, the bucket and the queue; `pdf`, `csv`, `report` and
//! `theme` know neither and turn a report's data into a document.

pub mod csv;
pub mod heartbeat;
pub mod job;
pub mod kinds;
pub mod pdf;
pub mod progress;
pub mod report;
pub mod state;
pub mod store;
pub mod theme;
pub mod undelivered;
