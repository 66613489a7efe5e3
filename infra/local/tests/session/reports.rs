//! Reports are read on the replica where it has come far enough, and never miss what was there when
//! they were asked for.

use std::{cell::Cell, time::Duration};

use report_worker::{job, report::Limits, state::Worker};
use serde_json::json;
use shared::{
    batch::{Delivery, Ending},
    clock::Clock,
    db::{Database, DbError, Moment, ReplicaConfig, Statement, Transaction},
    deadline::Deadline,
    ids::{EventId, ReportId},
    jobs::Envelope,
    tenant::Tenant,
};
use testkit::{TestBucket, TestQueue};

use crate::scene::{ANY_LAG, Scene, config, replica, superuser};
use local::postgres::database::service_url;

/// A worker that reads on the replica.
struct Reports {
    scene: Scene,
    bucket: TestBucket,
    worker: Worker,
    tenant: Tenant,
}

impl Reports {
    async fn new(test: &str) -> Self {
        Self::with(test, |replica| replica).await
    }

    async fn with(test: &str, set: impl FnOnce(ReplicaConfig) -> ReplicaConfig) -> Self {
        let scene = Scene::new(test).await;
        let bucket = TestBucket::new().await;
        let url = |cluster| service_url(cluster, "report_worker");
        let second = set(replica(&url(&scene.replica), ANY_LAG));
        let worker = Worker {
            clock: Clock::System,
            db: Database::with_replica(config(&url(&scene.primary)), Some(second)),
            storage: bucket.storage(),
            queue: TestQueue::new().await.queue(),
            lease_secs: 90,
            limits: Limits::default(),
        };
        let tenant = scene.tenant().await.tenant;
        Self {
            scene,
            bucket,
            worker,
            tenant,
        }
    }

    /// Runs SQL on the primary within the tenant.
    async fn within(&self, sql: &str) {
        let sql = format!(
            "BEGIN; SELECT app.enter('{}'); {sql}; COMMIT",
            self.tenant.id()
        );
        let client = superuser(&self.scene.primary).await;
        client.batch_execute(&sql).await.unwrap();
    }

    async fn add(&self, project: &str) {
        self.within(&format!(
            "INSERT INTO projects.projects (id, name) VALUES (gen_random_uuid(), '{project}')"
        ))
        .await;
    }

    async fn order(&self) -> ReportId {
        let id = ReportId::new();
        self.within(&format!(
            "INSERT INTO reports.reports (id, type, format) VALUES ('{id}', 'project_summary', 'csv')"
        ))
        .await;
        id
    }

    /// Makes a report; which of the named projects are in it.
    async fn make(&self, id: ReportId, projects: &[&'static str]) -> Vec<&'static str> {
        let body = json!({
            "v": 1,
            "id": EventId::new(),
            "tenant_id": self.tenant.id(),
            "type": "report.requested",
            "occurred_at": "2026-11-23T20:00:00Z",
            "data": { "report_id": id },
        });
        let delivery = Delivery {
            envelope: Envelope::open(&body.to_string()).unwrap(),
            attempt: 1,
            receipt: None,
        };
        let ending = job::handle(&self.worker, delivery, &Deadline::never()).await;
        assert!(matches!(ending, Ok(Ending::Made { .. })), "{ending:?}");
        let key = format!("tenants/{}/reports/{id}/1.csv", self.tenant.id());
        let file = String::from_utf8(self.bucket.bytes(&key).await).unwrap();
        let shown = projects.iter().filter(|name| file.contains(*name));
        shown.copied().collect()
    }
}

#[tokio::test]
async fn a_report_is_read_on_the_replica_and_misses_nothing_that_was_there() {
    let reports = Reports::new("reports").await;
    reports.add("first").await;
    let early = reports.order().await;
    reports.scene.caught_up().await;
    reports.scene.pause().await;
    reports.add("second").await;
    let late = reports.order().await;
    let all = ["first", "second"];
    // It was asked for before the second was there, and the replica does not know of that.
    assert_eq!(reports.make(early, &all).await, ["first"]);
    // This one was asked for afterwards: the replica has not come so far, so the primary is read.
    assert_eq!(reports.make(late, &all).await, all);
    reports.scene.resume().await;
    reports.scene.stop().await;
}

/// The control: with a check that lets everything pass, a report misses what its caller had seen.
#[tokio::test]
async fn without_the_check_a_report_misses_what_was_there() {
    let reports = Reports::new("unchecked-reports").await;
    let no_check =
        "CREATE OR REPLACE FUNCTION app.check_replica(at_least pg_lsn, lag_ms_max bigint)
                    RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'";
    let primary = superuser(&reports.scene.primary).await;
    primary.batch_execute(no_check).await.unwrap();
    reports.add("first").await;
    reports.scene.caught_up().await;
    reports.scene.pause().await;
    reports.add("second").await;
    let late = reports.order().await;
    assert_eq!(reports.make(late, &["first", "second"]).await, ["first"]);
    reports.scene.stop().await;
}

/// Where positions mean nothing, what counts is how long ago the report was asked for.
#[tokio::test]
async fn a_young_report_is_read_on_the_writer_where_positions_mean_nothing() {
    let all = ["first", "second"];
    for (test, after_a_write, expected) in [
        ("young-reports", Duration::from_hours(1), all.as_slice()),
        ("old-reports", Duration::ZERO, &all[..1]),
    ] {
        let reports = Reports::with(test, |replica| replica.sticky(after_a_write)).await;
        reports.add("first").await;
        reports.scene.caught_up().await;
        reports.scene.pause().await;
        reports.add("second").await;
        let order = reports.order().await;
        assert_eq!(reports.make(order, &all).await, expected, "{test}");
        reports.scene.stop().await;
    }
}

/// Killed before it is asked, and with a connection open: the primary makes up for it.
#[tokio::test]
async fn no_report_fails_when_the_replica_is_killed() {
    let reports = Reports::new("killed-reports").await;
    reports.add("first").await;
    let (one, two) = (reports.order().await, reports.order().await);
    reports.scene.caught_up().await;
    assert_eq!(reports.make(one, &["first"]).await, ["first"]);
    reports.scene.kill_replica().await;
    assert_eq!(reports.make(two, &["first"]).await, ["first"]);
    reports.scene.stop().await;
}

/// How often the replica is looked for, or its end, and the pause in between.
const LOOKS_MAX: u32 = 120;
const PAUSE: Duration = Duration::from_millis(500);

fn on_replica() -> Statement<bool> {
    let asked = "SELECT pg_is_in_recovery() AS is_replica";
    Statement::new(asked).one(|row| row.try_get("is_replica"))
}

fn count() -> Statement<i64> {
    let count = "SELECT count(*) AS rows FROM published_projects";
    Statement::new(count).one(|row| row.try_get("rows"))
}

/// What is read half on the one and half on the other server would be of two instants.
#[tokio::test]
async fn a_snapshot_that_breaks_off_begins_anew_on_the_primary() {
    let reports = Reports::new("broken-off").await;
    reports.add("first").await;
    reports.scene.caught_up().await;
    let (db, tenant) = (&reports.worker.db, reports.tenant);
    let moment = Moment {
        position: Some(0),
        age: Duration::ZERO,
    };
    let begun = Cell::new(0);
    let fails = async |transaction: &mut Transaction<'_>| {
        begun.set(begun.get() + 1);
        transaction.run(count()).await?;
        Err::<(), _>(DbError::NoRow)
    };
    // The control: a failure of the work's own is no reason to begin anew.
    assert!(db.snapshot(tenant, moment, fails).await.is_err());
    assert_eq!(begun.replace(0), 1);

    // A replica that a busy machine is slow to reach is left alone for a while: the snapshot that breaks
    // off is the first one that is read there.
    let breaks_off = async |transaction: &mut Transaction<'_>| {
        begun.set(begun.get() + 1);
        if begun.get() == 1 && !transaction.run(on_replica()).await? {
            return Ok(None);
        }
        let before = transaction.run(count()).await?;
        if begun.get() == 1 {
            reports.add("second").await;
            reports.scene.kill_replica().await;
            // A backend outlives its postmaster until it looks, and may answer once more.
            for _ in 0..LOOKS_MAX {
                transaction.run(count()).await?;
                tokio::time::sleep(PAUSE).await;
            }
        }
        Ok::<_, DbError>(Some((before, transaction.run(count()).await?)))
    };
    let mut counted = None;
    for _ in 0..LOOKS_MAX {
        begun.set(0);
        counted = db.snapshot(tenant, moment, breaks_off).await.unwrap();
        if counted.is_some() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    assert_eq!(counted, Some((2, 2)));
    assert_eq!(begun.get(), 2);
    reports.scene.stop().await;
}
