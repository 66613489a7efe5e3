//! List prices of AWS in us-east-1, in dollars, as they were quoted in the first half of 2026.
//!
//! Check them before you rely on them: they were read in public quotations of AWS's price pages and
//! not on the pages themselves. Free tiers and discounts are left out.

/// A price that holds up to an amount in a month.
#[derive(Debug, Clone, Copy)]
pub struct Tier {
    /// Where the price ends.
    pub up_to: f64,
    /// Dollars for one of what is counted.
    pub price: f64,
}

const fn tier(up_to: f64, price: f64) -> Tier {
    Tier { up_to, price }
}

/// What an amount costs, each part of it at the price of its tier.
pub fn tiered(amount: f64, tiers: &[Tier]) -> f64 {
    let mut from = 0.0;
    let mut dollars = 0.0;
    for tier in tiers {
        dollars += (amount.min(tier.up_to) - from).max(0.0) * tier.price;
        from = tier.up_to;
    }
    dollars
}

/// A million requests to an HTTP API, up to 512 KB each (<https://aws.amazon.com/api-gateway/pricing/>).
pub const HTTP_API_MILLION: &[Tier] = &[tier(300.0, 1.00), tier(f64::INFINITY, 0.90)];
/// A gigabyte to the internet (<https://aws.amazon.com/ec2/pricing/on-demand/>).
pub const DATA_OUT_GB: &[Tier] = &[
    tier(10_000.0, 0.09),
    tier(50_000.0, 0.085),
    tier(150_000.0, 0.07),
    tier(f64::INFINITY, 0.05),
];
/// A million invocations (<https://aws.amazon.com/lambda/pricing/>).
pub const LAMBDA_MILLION: f64 = 0.20;
/// A gigabyte of memory for a second on arm64 (same page).
pub const LAMBDA_GB_SECOND: f64 = 0.000_013_333_4;
/// A million write request units on demand (<https://aws.amazon.com/dynamodb/pricing/on-demand/>).
pub const DYNAMODB_MILLION: f64 = 0.625;
/// A gigabyte of Lambda's logs taken in (<https://aws.amazon.com/cloudwatch/pricing/>).
pub const LOGS_GB: &[Tier] = &[
    tier(10_000.0, 0.50),
    tier(30_000.0, 0.25),
    tier(50_000.0, 0.10),
    tier(f64::INFINITY, 0.05),
];
/// A metric of our own for a month (same page).
pub const METRIC_MONTH: f64 = 0.30;
/// An Aurora capacity unit for an hour (<https://aws.amazon.com/rds/aurora/pricing/>).
pub const ACU_HOUR: f64 = 0.12;
/// A million reads or writes of Aurora's storage, in its standard configuration (same page).
pub const AURORA_IO_MILLION: f64 = 0.20;
/// A gigabyte in Aurora's storage for a month (same page).
pub const AURORA_GB_MONTH: f64 = 0.10;
/// RDS Proxy for an hour, for each ACU behind it (<https://aws.amazon.com/rds/proxy/pricing/>).
pub const PROXY_ACU_HOUR: f64 = 0.015;
/// The fewest ACUs that RDS Proxy charges for (same page).
pub const PROXY_ACU_MIN: f64 = 8.0;
/// A million requests to a standard queue (<https://aws.amazon.com/sqs/pricing/>).
pub const SQS_MILLION: f64 = 0.40;
/// What a million requests to a fair queue cost on top. One source only.
pub const SQS_FAIR_MILLION: f64 = 0.10;
/// A million objects put into S3 (<https://aws.amazon.com/s3/pricing/>).
pub const S3_PUT_MILLION: f64 = 5.00;
/// A gigabyte in S3 for a month (same page).
pub const S3_GB_MONTH: f64 = 0.023;
/// An interface endpoint for an hour in one zone (<https://aws.amazon.com/privatelink/pricing/>).
pub const ENDPOINT_HOUR: f64 = 0.01;
/// A secret for a month (<https://aws.amazon.com/secrets-manager/pricing/>).
pub const SECRET_MONTH: f64 = 0.40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_charged_at_its_tier() {
        let near = |left: f64, right: f64| (left - right).abs() < 1e-9;
        assert!(near(tiered(100.0, HTTP_API_MILLION), 100.0));
        assert!(near(tiered(400.0, HTTP_API_MILLION), 390.0));
        assert!(near(
            tiered(60_000.0, LOGS_GB),
            5_000.0 + 5_000.0 + 2_000.0 + 500.0
        ));
    }
}
