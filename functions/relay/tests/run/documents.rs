//! Documents whose time is over: their reports expire, and the objects go.

use std::time::Duration;

use relay::Relay;
use shared::deadline::Deadline;
use shared::ids::ReportId;
use shared::storage::{Format, ObjectKey, Storage};
use testkit::TestBucket;
use tokio::time::timeout;

use crate::world::World;

impl World {
    /// A report that was finished so long ago, with its document.
    async fn finished(&self, since: &str) -> String {
        let report = ReportId::new();
        let key = ObjectKey::Report {
            tenant: self.tenant,
            report,
            fence: 1,
            format: Format::Pdf,
        };
        let bytes = b"%PDF-".to_vec();
        self.bucket.storage().put(&key, bytes).await.unwrap();
        self.sql(&format!(
            "INSERT INTO reports.reports (tenant_id, id, type, status, finished_at, object_key, sha256, size_bytes)
             VALUES ('{}', '{report}', 'project_summary', 'succeeded', now() - interval '{since}', '{key}', sha256('x'), 5)",
            self.tenant.id()
        ))
        .await;
        key.to_string()
    }
}

const EXPIRED: &str = "reports.reports WHERE status = 'expired'";
const NAMED: &str = "reports.reports WHERE status = 'expired' AND object_key IS NOT NULL";
const TOLD: &str = "reports.outbox WHERE type = 'report.expired'";

#[tokio::test]
async fn an_old_document_goes_and_a_young_one_stays() {
    let world = World::new().await;
    world.finished("31 days").await;
    let young = world.finished("29 days").await;
    let counts = world.run().await;
    assert_eq!((counts.retired, counts.removed), (1, 1));
    assert_eq!(world.bucket.keys().await, [young]);
    assert_eq!(
        (world.count(EXPIRED).await, world.count(NAMED).await),
        (1, 0)
    );
    assert_eq!(world.count(TOLD).await, 1);
    let counts = world.run().await;
    assert_eq!((counts.retired, counts.removed), (0, 0));
    // As the setting says.
    let relay = Relay {
        keep_days: 20,
        ..world.relay()
    };
    let counts = relay.run(&Deadline::never()).await.unwrap();
    assert_eq!((counts.retired, counts.removed), (1, 1));
}

/// A report names its document until that is gone: a relay that could not remove it, or died, is
/// followed by one that does.
#[tokio::test]
async fn a_document_that_could_not_be_removed_goes_the_next_time() {
    let world = World::new().await;
    let key = world.finished("31 days").await;
    let relay = Relay {
        // No bucket has this name.
        documents: Storage::new(String::new()),
        ..world.relay()
    };
    let counts = relay.run(&Deadline::never()).await.unwrap();
    assert_eq!((counts.retired, counts.removed, counts.failed), (1, 0, 1));
    assert_eq!(world.bucket.keys().await, [key]);
    assert_eq!(world.count(NAMED).await, 1);
    assert_eq!(world.run().await.removed, 1);
    assert_eq!(world.bucket.keys().await, [""; 0]);
}

/// A bucket that takes the connection and then says nothing holds up neither the events nor the run.
#[tokio::test]
async fn a_bucket_that_does_not_answer_ends_no_run_and_keeps_no_event() {
    const WAIT: Duration = Duration::from_secs(30);
    let world = World::new().await;
    let key = world.finished("31 days").await;
    world.project().await;
    let (_hole, silent) = TestBucket::silent();
    let relay = Relay {
        documents: silent,
        ..world.relay()
    };
    let run = tokio::spawn(async move { relay.run(&Deadline::never()).await.unwrap() });
    // Before the bucket is given up.
    world.all_sent("projects").await;
    assert!(!run.is_finished(), "it waits for the bucket");
    let counts = timeout(WAIT, run).await.unwrap().unwrap();
    assert_eq!((counts.retired, counts.removed, counts.failed), (1, 0, 1));
    assert_eq!(world.bucket.keys().await, [key]);
    assert_eq!(world.run().await.removed, 1);
}
