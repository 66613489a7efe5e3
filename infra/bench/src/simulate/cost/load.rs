//! What the parts are asked for, from one assumption each.

use std::time::Duration;

use shared::ids::TenantId;
use shared::telemetry::{DatabaseUse, LimiterUse, RequestRecord};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::simulate::text::real;

/// The busiest second, as a multiple of the mean.
pub const PEAK: f64 = 5.0;
/// Seconds in a month of 730 hours.
pub const MONTH_SECS: f64 = 730.0 * 3_600.0;
/// How long a call keeps its function busy, in seconds: it waits for DynamoDB and PostgreSQL.
pub const CALL_SECS: f64 = 0.020;
/// The same for the authorizer.
pub const AUTHORIZER_SECS: f64 = 0.010;
/// How long the gateway keeps the authorizer's answer, in seconds (`ReauthorizeEvery`).
pub const AUTHORIZER_CACHE_SECS: u32 = 30;
/// Requests a second of a user who is at work: one every five seconds.
pub const USER_RPS: f64 = 0.2;
/// Memory of an API function, in megabytes (`MemorySize`).
pub const MEMORY_MB: u32 = 256;
/// Size of an answer with its headers, in bytes.
pub const ANSWER_BYTES: f64 = 4_000.0;
/// Writes on the limits table for each request of a tenant within its limit: what the limiter's
/// simulation prints.
pub const LIMITER_WRITES: f64 = 1.0;
/// Requests a second that one ACU serves. An ACU is about a quarter of a processor; each request
/// takes it some milliseconds at two thirds of its capacity.
pub const RPS_PER_ACU: f64 = 150.0;
/// The smallest capacity that a running Aurora has, in ACUs.
pub const ACU_MIN: f64 = 0.5;
/// How long a proxied request occupies a connection of the database, in seconds: one batch.
pub const BATCH_SECS: f64 = 0.003;
/// The part of requests that write.
pub const WRITING_PART: f64 = 0.1;
/// Storage operations of a request that writes.
pub const WRITE_IOS: f64 = 4.0;
/// Reports ordered in a million requests.
pub const REPORTS: f64 = 1_000.0;
/// How long a report keeps its worker busy, in seconds.
pub const REPORT_SECS: f64 = 2.0;
/// Memory of the report worker, in megabytes (`MemorySize`).
pub const WORKER_MB: u32 = 1_024;
/// Size of a report, in gigabytes.
pub const REPORT_GB: f64 = 0.000_1;
/// How long reports are kept, in months (`ExpirationInDays: 90`).
pub const REPORT_MONTHS: f64 = 3.0;
/// Requests to queues for a report: sent, received and deleted, and the same for its usage event.
pub const REPORT_QUEUE_REQUESTS: f64 = 6.0;
/// Rows and indexes of a tenant, in gigabytes.
pub const TENANT_GB: f64 = 0.001;

/// What Lambda itself logs for each call with `LogFormat: JSON` at its usual level.
const PLATFORM_LINES: [&str; 2] = [
    r#"{"time":"2026-06-01T10:00:00.000Z","type":"platform.start","record":{"requestId":"5f0c9a52-1d2e-4a55-9a7c-0f3c2b1a9e11","version":"$LATEST"}}"#,
    r#"{"time":"2026-06-01T10:00:00.020Z","type":"platform.report","record":{"requestId":"5f0c9a52-1d2e-4a55-9a7c-0f3c2b1a9e11","metrics":{"durationMs":19.512,"billedDurationMs":20,"memorySizeMB":256,"maxMemoryUsedMB":28},"status":"success"}}"#,
];
/// What CloudWatch Logs adds to the size of each event, in bytes
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>).
const EVENT_BYTES: f64 = 26.0;

/// The part of requests for which the gateway asks the authorizer.
///
/// A user's requests come at random: of those within one life of the cached answer only the first
/// is asked for.
pub fn authorizer_part() -> f64 {
    1.0 / (1.0 + USER_RPS * f64::from(AUTHORIZER_CACHE_SECS))
}

/// Bytes of the line that a request leaves behind, as `shared::telemetry` writes it.
pub fn line_bytes() -> f64 {
    let record = RequestRecord {
        at: OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000),
        request_id: "JKJaXmPLvHcESHA=",
        trace_id: Some("Root=1-6a1d5c00-0123456789abcdef01234567;Sampled=0"),
        route: "GET /projects",
        version: "v2",
        tier: "pool",
        status: 200,
        error_code: None,
        tenant: Some(TenantId::from(Uuid::nil())),
        duration: Duration::from_micros(8_250),
        cold_start: false,
        request_bytes: 0,
        response_bytes: 3_125,
        database: DatabaseUse {
            round_trips: 1,
            duration: Duration::from_micros(2_125),
            read_from: None,
        },
        limiter: Some(LimiterUse {
            outcome: "allowed",
            duration: Duration::from_micros(4_500),
        }),
    };
    real(u64::try_from(record.line_bytes("projects")).unwrap_or(0))
}

/// Bytes of what Lambda logs for a call.
pub fn platform_bytes() -> f64 {
    PLATFORM_LINES
        .iter()
        .map(|line| real(u64::try_from(line.len()).unwrap_or(0)))
        .sum()
}

/// Bytes that CloudWatch Logs takes in for a call, counted with its own addition.
pub fn logged_bytes() -> f64 {
    let lines = 1.0 + real(u64::try_from(PLATFORM_LINES.len()).unwrap_or(0));
    line_bytes() + platform_bytes() + lines * EVENT_BYTES
}

/// Gigabytes of logs for a million requests, the authorizer's included: its lines are as long.
pub fn logged_gb() -> f64 {
    logged_bytes() * (1.0 + authorizer_part()) / 1_000.0
}

/// Function calls that are under way at once on average, at so many requests a second: Little's
/// law.
pub fn busy(rps: f64) -> f64 {
    rps * (CALL_SECS + authorizer_part() * AUTHORIZER_SECS)
}

/// Aurora's capacity at so many requests a second, in ACUs.
pub fn acus(rps: f64) -> f64 {
    (rps / RPS_PER_ACU).max(ACU_MIN)
}
