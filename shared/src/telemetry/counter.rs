//! Counters of events that are rare, and worth an alarm when they are not.

use serde::Serialize;
use time::OffsetDateTime;

use super::emf::{DimensionSet, Metadata, Metric};
use crate::clock::rfc3339;

const DIMENSIONS: &[DimensionSet] = &[&["service"]];

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// The rate limiter's store did not answer.
    LimiterDegraded,
}

impl Counter {
    /// The metric's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::LimiterDegraded => "limiter_degraded",
        }
    }

    fn metrics(self) -> &'static [Metric] {
        const UNIT: &str = "Count";
        match self {
            Self::LimiterDegraded => &[Metric {
                name: "limiter_degraded",
                unit: UNIT,
            }],
        }
    }
}

/// Counts `by` events at `at`. `cause` is one word from a short list, kept as a property.
pub fn count(counter: Counter, by: u32, cause: &str, at: OffsetDateTime) {
    super::emit(&document(counter, by, cause, at, super::service()));
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
    cause: &'a str,
    #[serde(flatten)]
    value: std::collections::BTreeMap<&'static str, u32>,
}

fn document<'a>(
    counter: Counter,
    by: u32,
    cause: &'a str,
    at: OffsetDateTime,
    service: &'a str,
) -> Document<'a> {
    Document {
        aws: Metadata::new(at, DIMENSIONS, counter.metrics()),
        timestamp: at,
        level: "WARN",
        message: counter.name(),
        service,
        cause,
        value: [(counter.name(), by)].into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::emf::tests::assert_valid;
    use super::*;

    #[test]
    fn each_counter_is_a_metric_of_its_name() {
        let counter = Counter::LimiterDegraded;
        let line = document(counter, 3, "timeout", OffsetDateTime::UNIX_EPOCH, "auth");
        let line = serde_json::to_value(line).unwrap();
        assert_valid(&line, "no tenant here");
        assert_eq!(line[counter.name()], 3);
    }
}
