//! HTTP as this API speaks it: extractors and answers whose failures are [`crate::error::ApiError`]s,
//! and routes as data.

mod answer;
mod conditional;
mod json;
mod params;
mod route;

pub use answer::Answer;
pub use conditional::{IfMatch, IfNoneMatch, etag};
pub use json::{BODY_BYTES_MAX, Json, read_body, read_json};
pub use params::{Path, Query};
pub use route::{Gate, Route};
