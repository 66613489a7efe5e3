//! What every function needs before domain code can run. A module imports the layers above it in
//! this file only; `tests/architecture` holds it to that.

// values
pub mod clock;
pub mod config;
pub mod error;
pub mod hex;
pub mod ids;
pub mod quota;
pub mod recent;

// who, what and how
pub mod aws;
pub mod deadline;
pub mod egress;
pub mod jobs;
pub mod page;
pub mod signing;
pub mod telemetry;
pub mod tenant;
pub mod text;
pub mod token;
pub mod versioning;

// the outside world
pub mod db;
pub mod http;
pub mod limits;
pub mod queue;
pub mod storage;

// effects that happen once
pub mod batch;
pub mod idempotency;
pub mod outbox;

// the whole
pub mod pipeline;
pub mod state;
