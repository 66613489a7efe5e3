//! Renders reports and reads them back with other people's programs: qpdf and poppler's tools.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bounds;
mod charts;
mod contents;
mod deadline;
mod determinism;
mod fixture;
mod golden;
mod hostile;
mod landscape;
mod limits;
mod logo;
mod scripts;
mod spool;
mod standards;
mod structure;
mod theme;
mod tools;
