//! CloudWatch's embedded metric format
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).

use std::time::Duration;

use serde::Serialize;
use time::OffsetDateTime;

/// The namespace of all metrics.
pub const NAMESPACE: &str = "Tenantry";

/// A metric that a document carries as a top-level number.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Metric {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
}

/// A set of top-level members whose values together name one metric.
pub(super) type DimensionSet = &'static [&'static str];

/// What makes CloudWatch read a log line as metrics. Written as the member `_aws`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Metadata {
    timestamp: i64,
    cloud_watch_metrics: [Directive; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: &'static str,
    dimensions: &'static [DimensionSet],
    metrics: &'static [Metric],
}

impl Metadata {
    pub(super) fn new(
        at: OffsetDateTime,
        dimensions: &'static [DimensionSet],
        metrics: &'static [Metric],
    ) -> Self {
        let millis = at.unix_timestamp_nanos() / 1_000_000;
        Self {
            timestamp: i64::try_from(millis).unwrap_or(i64::MAX),
            cloud_watch_metrics: [Directive {
                namespace: NAMESPACE,
                dimensions,
                metrics,
            }],
        }
    }
}

/// Milliseconds with three decimals.
#[expect(
    clippy::cast_precision_loss,
    reason = "exact for durations up to 285 years"
)]
pub(super) fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1_000.0
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::Value;

    /// Checks what CloudWatch silently drops a document for, and that no dimension is the tenant.
    pub(in crate::telemetry) fn assert_valid(document: &Value, tenant: &str) {
        let directive = &document["_aws"]["CloudWatchMetrics"][0];
        assert!(document["_aws"]["Timestamp"].is_i64(), "{document}");
        for set in directive["Dimensions"].as_array().unwrap() {
            for dimension in set.as_array().unwrap() {
                let value = document[dimension.as_str().unwrap()].as_str();
                let value = value.unwrap_or_else(|| panic!("{dimension} is no text"));
                assert!(!value.is_empty() && value != tenant, "{dimension}={value}");
            }
        }
        for metric in directive["Metrics"].as_array().unwrap() {
            let name = metric["Name"].as_str().unwrap();
            assert!(document[name].is_number(), "{name} is no number");
        }
        assert!(!document.to_string().contains('\n'));
    }
}
