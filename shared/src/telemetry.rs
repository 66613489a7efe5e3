//! What the system says about itself: JSON lines on standard output, which Lambda hands to
//! CloudWatch Logs.
//!
//! Two kinds of line. [`RequestRecord`] and [`JobRecord`] are written once for each request or
//! job, [`count`] for a rare event and [`outbox_age`] for each run of the relay: each is at once a log
//! line and a document in CloudWatch's embedded metric format, so figures need no second system.
//! Everything else goes through `tracing` and is for reading.
//!
//! A tenant is a property of a line and never a dimension of a metric: a dimension costs one metric
//! for each of its values. Contributor Insights ranks tenants by `$.tenant.id` instead.
//!
//! **Never logged**, at any level:
//! - passwords, access and refresh tokens, API keys, cookies, the `Authorization` header, signing
//!   keys, connection strings, presigned URLs;
//! - bodies of requests, answers and messages; query strings; paths with their ids filled in (the
//!   route's pattern stands for them); SQL parameters;
//! - names, e-mail addresses and network addresses of people; the values of environment variables.

mod counter;
mod emf;
mod gauge;
mod job;
mod parts;
mod request;

use std::io::{self, Write};
use std::sync::OnceLock;

use serde::Serialize;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub use counter::{Counter, count};
pub use emf::NAMESPACE;
pub use gauge::outbox_age;
pub use job::{JobOutcome, JobRecord};
pub use parts::DatabaseUse;
pub use request::{LimiterUse, RequestOutcome, RequestRecord};

/// Libraries whose lower levels print what must not be logged, or drown the rest.
const QUIET: &str = "aws_credential_types=warn,aws_runtime=warn,aws_sdk_dynamodb=warn,\
    aws_sdk_s3=warn,aws_sdk_sqs=warn,aws_sigv4=warn,aws_smithy_http_client=warn,\
    aws_smithy_runtime=warn,aws_smithy_runtime_api=warn,h2=warn,hyper=warn,hyper_util=warn,\
    lambda_http=warn,lambda_runtime=warn,rustls=warn,tokio_postgres=warn,tower=warn";

/// The level when none is asked for.
const LEVEL: &str = "info";

/// The room that a line is written into, in bytes.
const LINE_BYTES_USUAL: usize = 1024;

static SERVICE: OnceLock<&'static str> = OnceLock::new();

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The level is none.
    #[error("LOG_LEVEL is no level")]
    Level(#[from] tracing_subscriber::filter::ParseError),
    /// It has been set up already.
    #[error("telemetry is set up twice")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Names the service and starts writing `tracing` events of `level` and above to standard output.
///
/// `level` is `error`, `warn`, `info` (when absent), `debug` or `trace`, or a list of directives as
/// [`Targets`] reads them. Libraries stay at `warn` unless a directive names them.
/// Each event is written before the call returns: Lambda freezes a process between two requests,
/// and a line still in some queue would be late or lost.
pub fn init(service: &'static str, level: Option<&str>) -> Result<(), TelemetryError> {
    let level = level.unwrap_or(LEVEL);
    let wanted: Targets = format!("{QUIET},{level}").parse()?;
    let lines = fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(io::stdout);
    tracing_subscriber::registry()
        .with(wanted)
        .with(lines)
        .try_init()?;
    SERVICE.get_or_init(|| service);
    Ok(())
}

/// The service that [`init`] named; `unknown` before that.
pub fn service() -> &'static str {
    SERVICE.get().copied().unwrap_or("unknown")
}

/// Writes a document as one line, in one write, so that lines of several threads do not mix.
///
/// A line that cannot be written is dropped: there is no better place to complain.
/// Before [`init`] nothing is written: tests call handlers without a log.
fn emit(document: &impl Serialize) {
    if SERVICE.get().is_none() {
        return;
    }
    let mut line = Vec::with_capacity(LINE_BYTES_USUAL);
    if serde_json::to_writer(&mut line, document).is_err() {
        return;
    }
    line.push(b'\n');
    let _ = io::stdout().lock().write_all(&line);
}
