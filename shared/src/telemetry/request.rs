//! The line that every request leaves behind.

use std::time::Duration;

use serde::Serialize;
use time::OffsetDateTime;

use super::emf::{DimensionSet, Metadata, Metric, millis};
use super::parts::{Database, DatabaseUse, Error, Tenant};
use crate::clock::rfc3339;
use crate::ids::TenantId;

/// Each combination of values is one metric, so every value comes from a short list.
const DIMENSIONS: &[DimensionSet] = &[
    &["service", "route", "version", "tier", "outcome"],
    &["service", "outcome"],
];

/// Its sample count is the number of requests; there is no second metric for that.
const METRICS: &[Metric] = &[Metric {
    name: "duration_ms",
    unit: "Milliseconds",
}];

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestOutcome {
    /// Answered: a status below 400.
    Ok,
    /// The caller's mistake: another status from 400 to 499.
    Rejected,
    /// Over a limit: 429.
    Throttled,
    /// Our fault: 500 and above.
    Failed,
}

impl RequestOutcome {
    /// The outcome that a status stands for.
    pub fn of(status: u16) -> Self {
        match status {
            0..400 => Self::Ok,
            429 => Self::Throttled,
            400..500 => Self::Rejected,
            500.. => Self::Failed,
        }
    }

    fn level(self) -> &'static str {
        match self {
            Self::Ok | Self::Rejected => "INFO",
            Self::Throttled => "WARN",
            Self::Failed => "ERROR",
        }
    }
}

/// What the limiter said, and how long it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimiterUse<'a> {
    /// `allowed`, `degraded`, `denied` or `unavailable`.
    pub outcome: &'a str,
    /// The time until it answered.
    pub duration: Duration,
}

/// One request, as it is logged and measured.
///
/// There is no field for a path, a query, a header or a body; see [`crate::telemetry`].
#[derive(Debug, Clone)]
pub struct RequestRecord<'a> {
    /// When it came in.
    pub at: OffsetDateTime,
    /// The gateway's number for it.
    pub request_id: &'a str,
    /// The X-Ray trace, when there is one.
    pub trace_id: Option<&'a str>,
    /// The method and the route's pattern, such as `GET /projects/{id}`; `unmatched` for none.
    pub route: &'a str,
    /// The version of the API.
    pub version: &'a str,
    /// The tenant's tier; `none` on public routes.
    pub tier: &'a str,
    /// The answer's status.
    pub status: u16,
    /// The code of the problem in the answer.
    pub error_code: Option<&'a str>,
    /// The tenant, once it is known.
    pub tenant: Option<TenantId>,
    /// From the first byte of the event to the last of the answer.
    pub duration: Duration,
    /// Whether it was the first of its environment.
    pub cold_start: bool,
    /// The body's size, in bytes.
    pub request_bytes: u64,
    /// The answer's size, in bytes.
    pub response_bytes: u64,
    /// Its use of the database.
    pub database: DatabaseUse,
    /// What the limiter said; `None` where none was asked.
    pub limiter: Option<LimiterUse<'a>>,
}

impl RequestRecord<'_> {
    /// Writes the line to standard output.
    pub fn emit(&self) {
        super::emit(&self.document(super::service()));
    }

    /// The size of the line that `service` would write, in bytes: what CloudWatch Logs charges for.
    pub fn line_bytes(&self, service: &str) -> usize {
        serde_json::to_vec(&self.document(service)).map_or(0, |line| line.len() + 1)
    }

    fn document<'a>(&'a self, service: &'a str) -> Document<'a> {
        let outcome = RequestOutcome::of(self.status);
        Document {
            aws: Metadata::new(self.at, DIMENSIONS, METRICS),
            timestamp: self.at,
            level: outcome.level(),
            message: "request",
            service,
            route: self.route,
            version: self.version,
            tier: self.tier,
            outcome,
            duration_ms: millis(self.duration),
            cold_start: self.cold_start,
            trace_id: self.trace_id,
            tenant: self.tenant.map(|id| Tenant { id: *id.as_uuid() }),
            request: Request {
                id: self.request_id,
                bytes: self.request_bytes,
            },
            response: Response {
                status: self.status,
                bytes: self.response_bytes,
            },
            error: self.error_code.map(|code| Error { code }),
            db: self.database.into(),
            limiter: self.limiter.map(|limiter| Limiter {
                outcome: limiter.outcome,
                duration_ms: millis(limiter.duration),
            }),
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "_aws")]
    aws: Metadata,
    #[serde(serialize_with = "rfc3339")]
    timestamp: OffsetDateTime,
    level: &'static str,
    message: &'static str,
    service: &'a str,
    route: &'a str,
    version: &'a str,
    tier: &'a str,
    outcome: RequestOutcome,
    duration_ms: f64,
    cold_start: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<Tenant>,
    request: Request<'a>,
    response: Response,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Error<'a>>,
    db: Database,
    #[serde(skip_serializing_if = "Option::is_none")]
    limiter: Option<Limiter<'a>>,
}

#[derive(Serialize)]
struct Request<'a> {
    id: &'a str,
    bytes: u64,
}

#[derive(Serialize)]
struct Response {
    status: u16,
    bytes: u64,
}

#[derive(Serialize)]
struct Limiter<'a> {
    outcome: &'a str,
    duration_ms: f64,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::emf::tests::assert_valid;
    use super::*;

    #[test]
    fn a_request_is_one_line_and_one_metric() {
        let tenant = TenantId::new();
        let record = RequestRecord {
            at: OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap(),
            request_id: "JKJaXmPLvHcESHA=",
            trace_id: None,
            route: "GET /projects/{id}",
            version: "v2",
            tier: "pool",
            status: 429,
            error_code: Some("quota_exceeded"),
            tenant: Some(tenant),
            duration: Duration::from_micros(4_250),
            cold_start: false,
            request_bytes: 0,
            response_bytes: 312,
            database: DatabaseUse {
                read_from: Some("replica"),
                ..DatabaseUse::default()
            },
            limiter: Some(LimiterUse {
                outcome: "denied",
                duration: Duration::from_millis(4),
            }),
        };
        let document = serde_json::to_value(record.document("projects")).unwrap();
        assert_valid(&document, &tenant.to_string());
        assert_eq!(
            document,
            json!({
                "_aws": {
                    "Timestamp": 1_790_000_000_000_i64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Tenantry",
                        "Dimensions": [
                            ["service", "route", "version", "tier", "outcome"],
                            ["service", "outcome"],
                        ],
                        "Metrics": [{"Name": "duration_ms", "Unit": "Milliseconds"}],
                    }],
                },
                "timestamp": "2026-09-21T14:13:20Z",
                "level": "WARN",
                "message": "request",
                "service": "projects",
                "route": "GET /projects/{id}",
                "version": "v2",
                "tier": "pool",
                "outcome": "throttled",
                "duration_ms": 4.25,
                "cold_start": false,
                "tenant": {"id": tenant},
                "request": {"id": "JKJaXmPLvHcESHA=", "bytes": 0},
                "response": {"status": 429, "bytes": 312},
                "error": {"code": "quota_exceeded"},
                "db": {"round_trips": 0, "duration_ms": 0.0, "read_from": "replica"},
                "limiter": {"outcome": "denied", "duration_ms": 4.0},
            })
        );
    }

    #[test]
    fn a_status_has_one_outcome() {
        for (status, outcome) in [
            (200, RequestOutcome::Ok),
            (304, RequestOutcome::Ok),
            (404, RequestOutcome::Rejected),
            (429, RequestOutcome::Throttled),
            (503, RequestOutcome::Failed),
        ] {
            assert_eq!(RequestOutcome::of(status), outcome, "for {status}");
        }
    }
}
