//! The line that each call leaves behind.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use shared::db::{DbError, Trips};
use shared::telemetry::RequestRecord;
use time::OffsetDateTime;

use crate::event::{Context, Event};

/// The only thing this function does.
const ROUTE: &str = "authorize";

static SERVED: AtomicBool = AtomicBool::new(false);

/// Writes the record of one call. Its status is the one that the caller gets in the end.
pub(crate) fn write(
    event: &Event,
    answer: Result<&Context, &DbError>,
    at: OffsetDateTime,
    duration: Duration,
    trips: Trips,
) {
    let (tenant, tier, status, error_code) = match answer {
        Ok(Context::Caller(caller)) => (Some(caller.tenant_id), caller.tier.as_str(), 200, None),
        Ok(Context::Denied { denied }) => (None, "none", denied.status(), Some(denied.as_str())),
        Err(_) => (None, "none", 500, Some("unavailable")),
    };
    RequestRecord {
        at,
        request_id: &event.request_context.request_id,
        trace_id: None,
        route: ROUTE,
        version: &event.request_context.stage,
        tier,
        status,
        error_code,
        tenant,
        duration,
        cold_start: !SERVED.swap(true, Ordering::Relaxed),
        request_bytes: 0,
        response_bytes: 0,
        database: trips.into(),
        limiter: None,
    }
    .emit();
}
