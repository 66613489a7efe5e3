//! The line that every delivery of a job leaves behind.

use std::time::Duration;

use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::emf::{DimensionSet, Metadata, Metric, millis};
use super::parts::{Database, DatabaseUse, Error, Tenant};
use crate::clock::rfc3339;
use crate::ids::{EventId, TenantId};

const DIMENSIONS: &[DimensionSet] = &[&["service", "job", "outcome"]];

const METRICS: &[Metric] = &[
    Metric {
        name: "duration_ms",
        unit: "Milliseconds",
    },
    Metric {
        name: "queue_wait_ms",
        unit: "Milliseconds",
    },
];

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum JobOutcome {
    /// The work is done.
    Done,
    /// There was nothing left to do: another delivery did it, or somebody cancelled it.
    Skipped,
    /// It failed for now and will be delivered again.
    Retried,
    /// It failed for good.
    Failed,
}

impl JobOutcome {
    fn level(self) -> &'static str {
        match self {
            Self::Done | Self::Skipped => "INFO",
            Self::Retried => "WARN",
            Self::Failed => "ERROR",
        }
    }
}

/// One delivery of a job, as it is logged and measured. Never carries the message's data.
#[derive(Debug, Clone)]
pub struct JobRecord<'a> {
    /// When work on it began.
    pub at: OffsetDateTime,
    /// The envelope's type, such as `report.requested`; `unreadable` for a poison message.
    pub job: &'a str,
    /// What became of it.
    pub outcome: JobOutcome,
    /// The queue's number for the message.
    pub message_id: &'a str,
    /// The event, once the envelope is read.
    pub event: Option<EventId>,
    /// The tenant, once the envelope is read.
    pub tenant: Option<TenantId>,
    /// Which delivery of the message this is, from 1.
    pub attempt: u32,
    /// How long the work took.
    pub duration: Duration,
    /// How long the message had waited in the queue.
    pub queue_wait: Duration,
    /// The size of what was made, in bytes.
    pub output_bytes: u64,
    /// Its use of the database.
    pub database: DatabaseUse,
    /// Why it was not done, in one word.
    pub error_code: Option<&'a str>,
}

impl JobRecord<'_> {
    /// Writes the line to standard output.
    pub fn emit(&self) {
        super::emit(&self.document(super::service()));
    }

    fn document<'a>(&'a self, service: &'a str) -> Document<'a> {
        Document {
            aws: Metadata::new(self.at, DIMENSIONS, METRICS),
            timestamp: self.at,
            level: self.outcome.level(),
            message: "job",
            service,
            job: self.job,
            outcome: self.outcome,
            duration_ms: millis(self.duration),
            queue_wait_ms: millis(self.queue_wait),
            attempt: self.attempt,
            output_bytes: self.output_bytes,
            tenant: self.tenant.map(|id| Tenant { id: *id.as_uuid() }),
            event: self.event.map(|id| Event { id: *id.as_uuid() }),
            queue: Queue {
                message_id: self.message_id,
            },
            error: self.error_code.map(|code| Error { code }),
            db: self.database.into(),
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
    job: &'a str,
    outcome: JobOutcome,
    duration_ms: f64,
    queue_wait_ms: f64,
    attempt: u32,
    output_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<Tenant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<Event>,
    queue: Queue<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Error<'a>>,
    db: Database,
}

#[derive(Serialize)]
struct Event {
    id: Uuid,
}

#[derive(Serialize)]
struct Queue<'a> {
    message_id: &'a str,
}

#[cfg(test)]
mod tests {
    use super::super::emf::tests::assert_valid;
    use super::*;

    #[test]
    fn a_delivery_is_one_line_and_two_metrics() {
        let tenant = TenantId::new();
        let mut record = JobRecord {
            at: OffsetDateTime::UNIX_EPOCH,
            job: "report.requested",
            outcome: JobOutcome::Retried,
            message_id: "0b7f",
            event: Some(EventId::new()),
            tenant: Some(tenant),
            attempt: 2,
            duration: Duration::from_millis(1_500),
            queue_wait: Duration::from_secs(30),
            output_bytes: 0,
            database: DatabaseUse {
                round_trips: 3,
                duration: Duration::from_millis(12),
                read_from: None,
            },
            error_code: Some("storage_unavailable"),
        };
        let document = serde_json::to_value(record.document("report-worker")).unwrap();
        assert_valid(&document, &tenant.to_string());
        assert_eq!(document["outcome"], "retried");
        assert_eq!(document["queue_wait_ms"], 30_000.0);
        assert_eq!(document["db"]["round_trips"], 3);

        (record.tenant, record.event) = (None, None);
        let document = serde_json::to_value(record.document("report-worker")).unwrap();
        assert!(document.get("tenant").is_none() && document.get("event").is_none());
    }
}
