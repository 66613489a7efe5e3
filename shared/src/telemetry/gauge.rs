//! Figures that are taken again and again, so that their absence is worth an alarm as well.

use std::time::Duration;

use serde::Serialize;
use time::OffsetDateTime;

use super::emf::{DimensionSet, Metadata, Metric, millis};
use crate::clock::rfc3339;

const DIMENSIONS: &[DimensionSet] = &[&["service"]];

const OUTBOX_AGE: &[Metric] = &[Metric {
    name: "outbox_age_ms",
    unit: "Milliseconds",
}];

/// Writes down how old the oldest event was that a run of the relay came across, in milliseconds.
///
/// 0 says that there was none. A run writes it once, when it is over.
pub fn outbox_age(age: Duration, at: OffsetDateTime) {
    super::emit(&document(age, at, super::service()));
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
    outbox_age_ms: f64,
}

fn document(age: Duration, at: OffsetDateTime, service: &str) -> Document<'_> {
    Document {
        aws: Metadata::new(at, DIMENSIONS, OUTBOX_AGE),
        timestamp: at,
        level: "INFO",
        message: "outbox_age",
        service,
        outbox_age_ms: millis(age),
    }
}

#[cfg(test)]
mod tests {
    use super::super::emf::tests::assert_valid;
    use super::*;

    #[test]
    fn an_age_is_a_metric_in_milliseconds() {
        let age = Duration::from_secs(90);
        let line = document(age, OffsetDateTime::UNIX_EPOCH, "relay");
        let line = serde_json::to_value(line).unwrap();
        assert_valid(&line, "no tenant here");
        assert_eq!(line["outbox_age_ms"], 90_000.0);
    }
}
