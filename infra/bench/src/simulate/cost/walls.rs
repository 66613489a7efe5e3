//! Limits, and the load at which each is reached.

use super::load::{LIMITER_WRITES, PEAK, REPORT_SECS, REPORTS, RPS_PER_ACU, busy};

/// Requests a second that the stages let through (`ThrottlingRateLimit`).
pub const STAGE_RPS: u32 = 500;
/// Reports drawn at once (`MaximumConcurrency` of the report worker).
pub const REPORT_WORKERS: u32 = 10;

/// Something that gives way.
#[derive(Debug, Clone)]
pub struct Wall {
    /// The part.
    pub part: &'static str,
    /// Its limit, and where that is documented.
    pub limit: &'static str,
    /// The mean requests a second at which it is reached.
    pub rps: f64,
    /// What to do then.
    pub remedy: &'static str,
}

/// All walls, the first one first.
pub fn walls() -> Vec<Wall> {
    let at_peak = |limit: f64, per_request: f64| limit / per_request / PEAK;
    let mut walls = vec![
        Wall {
            part: "the stages' own throttle",
            limit: "500 requests/s, `template.yaml`",
            rps: at_peak(f64::from(STAGE_RPS), 1.0),
            remedy: "raise `ThrottlingRateLimit` and the burst with it",
        },
        Wall {
            part: "DynamoDB, a table that was never busy",
            limit: "4,000 writes/s [1]",
            rps: at_peak(4_000.0, LIMITER_WRITES),
            remedy: "nothing when traffic grows; before a launch, set the table's warm throughput",
        },
        Wall {
            part: "API Gateway, account",
            limit: "10,000 requests/s [2]",
            rps: at_peak(10_000.0, 1.0),
            remedy: "ask for more",
        },
        Wall {
            part: "report workers",
            limit: "10 at once, `template.yaml`",
            rps: f64::from(REPORT_WORKERS) / REPORT_SECS / (REPORTS / 1e6),
            remedy: "raise `MaximumConcurrency`, to 1,000 at most [3]",
        },
        Wall {
            part: "Aurora, one writer",
            limit: "256 ACU [4]",
            rps: at_peak(256.0, 1.0 / RPS_PER_ACU),
            remedy: "reads to replicas; then a cluster for each group of tenants",
        },
        Wall {
            part: "DynamoDB, table",
            limit: "40,000 writes/s [5]",
            rps: at_peak(40_000.0, LIMITER_WRITES),
            remedy: "ask for more",
        },
        Wall {
            part: "Lambda, account",
            limit: "1,000 calls at once [6]",
            rps: at_peak(1_000.0, busy(1.0)),
            remedy: "ask for more; a new account has less, so ask before the first launch",
        },
        Wall {
            part: "PostgreSQL connections",
            limit: "2,000, with a smallest capacity of 0.5 ACU [7]",
            rps: at_peak(2_000.0, busy(1.0)),
            remedy: "a smallest capacity of 1 ACU: 5,000 then; or RDS Proxy",
        },
    ];
    walls.sort_by(|left, right| left.rps.total_cmp(&right.rps));
    walls
}
