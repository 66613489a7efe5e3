//! What each part costs.

use super::load::{
    ANSWER_BYTES, AUTHORIZER_SECS, CALL_SECS, LIMITER_WRITES, MEMORY_MB, MONTH_SECS, PEAK,
    REPORT_GB, REPORT_MONTHS, REPORT_QUEUE_REQUESTS, REPORT_SECS, REPORTS, RPS_PER_ACU, TENANT_GB,
    WORKER_MB, WRITE_IOS, WRITING_PART, acus, authorizer_part, busy, line_bytes, logged_gb,
    platform_bytes,
};
use super::prices::{
    ACU_HOUR, AURORA_GB_MONTH, AURORA_IO_MILLION, DATA_OUT_GB, DYNAMODB_MILLION, ENDPOINT_HOUR,
    HTTP_API_MILLION, LAMBDA_GB_SECOND, LAMBDA_MILLION, LOGS_GB, METRIC_MONTH, PROXY_ACU_HOUR,
    PROXY_ACU_MIN, S3_GB_MONTH, S3_PUT_MILLION, SECRET_MONTH, SQS_FAIR_MILLION, SQS_MILLION,
    tiered,
};
use crate::simulate::text::grouped;

/// Hours in a month.
const MONTH_HOURS: f64 = MONTH_SECS / 3_600.0;
/// Routes of the API in one version (`template.yaml`).
pub const ROUTES: u32 = 50;
/// Outcomes that a route usually has: ok, rejected, throttled.
const OUTCOMES: u32 = 3;
/// Versions that are served.
const VERSIONS: u32 = 2;
/// Functions that requests reach, each with a metric and a connection of its own.
const SERVICES: u32 = 6;
/// Relays that run at a time, on average.
const RELAY_PART: f64 = 75.0 / 60.0;
/// Interface endpoints that functions inside a VPC need: SQS, in two zones.
const ENDPOINT_ZONES: f64 = 2.0;
/// Queues that Lambda polls, by five pollers that wait 20 seconds each.
const POLLS_PER_SEC: f64 = 7.0 * 5.0 / 20.0;
/// Secrets in `template.yaml`.
const SECRETS: f64 = 2.0;

/// A part, what it costs, and how that comes about.
#[derive(Debug, Clone)]
pub struct Cost {
    /// The part.
    pub part: &'static str,
    /// The arithmetic.
    pub because: String,
    /// Dollars.
    pub dollars: f64,
}

fn cost(part: &'static str, because: String, dollars: f64) -> Cost {
    Cost {
        part,
        because,
        dollars,
    }
}

fn gigabytes(memory_mb: u32) -> f64 {
    f64::from(memory_mb) / 1_024.0
}

/// What so many million requests cost in a month, part by part; the arithmetic is that of one
/// million.
pub fn by_request(millions: f64) -> Vec<Cost> {
    let asked = authorizer_part();
    let (answers_gb, logs_gb) = (ANSWER_BYTES / 1_000.0, logged_gb());
    let call_gb_secs = CALL_SECS * 1e6 * gigabytes(MEMORY_MB);
    let asked_gb_secs = AUTHORIZER_SECS * 1e6 * gigabytes(MEMORY_MB) * asked;
    let acu_hours = 1e6 / RPS_PER_ACU / 3_600.0;
    let ios = WRITING_PART * WRITE_IOS;
    vec![
        cost(
            "HTTP API",
            "$1.00".to_owned(),
            tiered(millions, HTTP_API_MILLION),
        ),
        cost(
            "answers to the internet",
            format!("{} GB x $0.09", grouped(answers_gb, 1)),
            tiered(millions * answers_gb, DATA_OUT_GB),
        ),
        cost(
            "CloudWatch Logs",
            format!(
                "({} own + {} Lambda's + 3 x 26 bytes) x {} calls = {} GB x $0.50",
                grouped(line_bytes(), 0),
                grouped(platform_bytes(), 0),
                grouped(1.0 + asked, 2),
                grouped(logs_gb, 2),
            ),
            tiered(millions * logs_gb, LOGS_GB),
        ),
        cost(
            "DynamoDB, the limiter",
            format!("{} write a request x $0.625", grouped(LIMITER_WRITES, 2)),
            millions * LIMITER_WRITES * DYNAMODB_MILLION,
        ),
        cost(
            "Lambda, API functions",
            format!("$0.20 + {} GB-s x $0.0000133334", grouped(call_gb_secs, 0)),
            millions * (LAMBDA_MILLION + call_gb_secs * LAMBDA_GB_SECOND),
        ),
        cost(
            "Lambda, authorizer",
            format!(
                "{} x $0.20 + {} GB-s x $0.0000133334",
                grouped(asked, 2),
                grouped(asked_gb_secs, 0)
            ),
            millions * (asked * LAMBDA_MILLION + asked_gb_secs * LAMBDA_GB_SECOND),
        ),
        cost(
            "Aurora, capacity",
            format!("{} ACU-hours x $0.12", grouped(acu_hours, 2)),
            millions * acu_hours * ACU_HOUR,
        ),
        cost(
            "Aurora, storage operations",
            format!("{} a request x $0.20", grouped(ios, 1)),
            millions * ios * AURORA_IO_MILLION,
        ),
        reports(millions),
    ]
}

fn reports(millions: f64) -> Cost {
    let gb_secs = REPORTS * REPORT_SECS * gigabytes(WORKER_MB);
    let queue = REPORTS * REPORT_QUEUE_REQUESTS / 1e6;
    let kept_gb = REPORTS * REPORT_GB * REPORT_MONTHS;
    let dollars = gb_secs * LAMBDA_GB_SECOND
        + queue * (SQS_MILLION + SQS_FAIR_MILLION)
        + REPORTS / 1e6 * S3_PUT_MILLION
        + kept_gb * S3_GB_MONTH;
    let because = format!(
        "{} reports: {} GB-s, {} queue requests, {} objects, {} GB kept",
        grouped(REPORTS, 0),
        grouped(gb_secs, 0),
        grouped(REPORTS * REPORT_QUEUE_REQUESTS, 0),
        grouped(REPORTS, 0),
        grouped(kept_gb, 1),
    );
    cost("reports", because, millions * dollars)
}

/// What runs all the time costs in a month, whoever asks for it.
pub fn by_month(tenants: f64, rps: f64, proxied: bool) -> Vec<Cost> {
    let metrics = ROUTES * VERSIONS * OUTCOMES + SERVICES * OUTCOMES;
    let relay_gb_secs = MONTH_SECS * RELAY_PART * gigabytes(MEMORY_MB);
    let polls = MONTH_SECS * POLLS_PER_SEC / 1e6;
    let idle_acus = (acus(rps) - rps / RPS_PER_ACU).max(0.0);
    let mut costs = vec![
        cost(
            "metrics",
            format!("{metrics} x $0.30"),
            f64::from(metrics) * METRIC_MONTH,
        ),
        cost(
            "Aurora's smallest capacity, as far as idle",
            format!("{} ACU x 730 h x $0.12", grouped(idle_acus, 2)),
            idle_acus * MONTH_HOURS * ACU_HOUR,
        ),
        cost(
            "interface endpoint for SQS, in two zones",
            format!("{} x 730 h x $0.01", grouped(ENDPOINT_ZONES, 0)),
            ENDPOINT_ZONES * MONTH_HOURS * ENDPOINT_HOUR,
        ),
        cost(
            "relay",
            format!("{} GB-s x $0.0000133334", grouped(relay_gb_secs, 0)),
            relay_gb_secs * LAMBDA_GB_SECOND,
        ),
        cost(
            "polling of two queues",
            format!("{} million x $0.40", grouped(polls, 2)),
            polls * SQS_MILLION,
        ),
        cost(
            "secrets",
            format!("{} x $0.40", grouped(SECRETS, 0)),
            SECRETS * SECRET_MONTH,
        ),
        cost(
            "tenants' rows",
            format!("{} GB x $0.10", grouped(tenants * TENANT_GB, 3)),
            tenants * TENANT_GB * AURORA_GB_MONTH,
        ),
    ];
    if proxied {
        let charged = acus(rps).max(PROXY_ACU_MIN);
        costs.push(cost(
            "RDS Proxy",
            format!("{} ACU x 730 h x $0.015", grouped(charged, 1)),
            charged * MONTH_HOURS * PROXY_ACU_HOUR,
        ));
    }
    costs
}

/// Connections to PostgreSQL at the busiest moment without a proxy: one for each environment, of
/// which each function has one at least.
pub fn connections(rps: f64) -> f64 {
    busy(rps * PEAK).ceil().max(f64::from(SERVICES))
}
