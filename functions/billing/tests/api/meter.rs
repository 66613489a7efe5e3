//! The meter: what counts, what counts once, and what has to come again.

use std::time::Duration;

use serde_json::{Value, json};
use shared::db::{Database, DatabaseConfig};
use shared::deadline::Deadline;
use shared::ids::{ProjectId, ReportId, TenantId};
use shared::jobs::{
    Envelope, ProjectCreated, ProjectDeleted, ReportFailed, ReportRequested, ReportSucceeded,
    SubscriptionChanged,
};
use shared::tenant::Tenant;
use testkit::Call;

use crate::queue::{batch, body, created, deliver, failed, text};
use crate::{NOW, Scene};

/// Units used of each meter.
async fn used(scene: &Scene) -> [(String, i64); 2] {
    let list = scene.get("/v2/billing/usage").await;
    let of = |place: usize| {
        let used: &Value = &list["data"][place];
        (
            used["meter"].as_str().unwrap().to_owned(),
            used["used"].as_i64().unwrap(),
        )
    };
    [of(0), of(1)]
}

fn units(projects: i64, reports: i64) -> [(String, i64); 2] {
    [
        ("projects".to_owned(), projects),
        ("reports".to_owned(), reports),
    ]
}

#[tokio::test]
async fn projects_and_reports_count_and_other_events_do_not() {
    let scene = Scene::new().await;
    let (project_id, report_id) = (ProjectId::new(), ReportId::new());
    let bodies = [
        body(&scene, NOW, ProjectCreated { project_id }),
        body(
            &scene,
            NOW,
            ReportSucceeded {
                report_id,
                pages: 3,
            },
        ),
        body(
            &scene,
            NOW,
            ProjectCreated {
                project_id: ProjectId::new(),
            },
        ),
        body(&scene, NOW, ProjectDeleted { project_id }),
        body(&scene, NOW, ReportRequested { report_id }),
        body(&scene, NOW, ReportFailed { report_id }),
        body(
            &scene,
            NOW,
            SubscriptionChanged {
                plan: "pro".to_owned(),
            },
        ),
    ];
    assert_eq!(used(&scene).await, units(0, 0));
    assert!(deliver(&scene, &bodies).await.is_empty());
    assert_eq!(used(&scene).await, units(2, 1));
}

#[tokio::test]
async fn a_message_delivered_twice_counts_once() {
    let scene = Scene::new().await;
    let message = created(&scene, NOW);
    let twice = [message.clone(), message.clone()];
    assert!(deliver(&scene, &twice).await.is_empty());
    assert!(
        deliver(&scene, std::slice::from_ref(&message))
            .await
            .is_empty()
    );
    assert_eq!(used(&scene).await, units(1, 0));
    // The control: the same message under another identity is another event.
    let mut other: Value = serde_json::from_str(&message).unwrap();
    other["id"] = shared::ids::EventId::new().to_string().into();
    assert!(deliver(&scene, &[other.to_string()]).await.is_empty());
    assert_eq!(used(&scene).await, units(2, 0));
}

#[tokio::test]
async fn a_poison_message_fails_alone() {
    let scene = Scene::new().await;
    let good = || created(&scene, NOW);
    let nobody = Tenant::vouched_for(TenantId::new());
    let event = ProjectCreated {
        project_id: ProjectId::new(),
    };
    let strange = |member: &str, value: Value| {
        let mut body: Value = serde_json::from_str(&good()).unwrap();
        body[member] = value;
        body.to_string()
    };
    let bodies = [
        good(),
        "not json".to_owned(),
        good(),
        strange("v", json!(2)),
        strange("type", json!("moon.landed")),
        strange("tenant_id", json!("nobody")),
        strange("occurred_at", json!("yesterday")),
        text(&Envelope::new(nobody, NOW, event)),
        String::new(),
        good(),
    ];
    let again = ["1", "3", "4", "5", "6", "7", "8"];
    assert_eq!(deliver(&scene, &bodies).await, again);
    assert_eq!(used(&scene).await, units(3, 0));
    // They fail each time, which is what takes them to the dead-letter queue.
    assert_eq!(deliver(&scene, &bodies).await, again);
    assert_eq!(used(&scene).await, units(3, 0));
}

#[tokio::test]
async fn a_tenant_that_may_not_enter_keeps_nobody_waiting() {
    let scene = Scene::new().await;
    let stranger = scene.stranger().await;
    let event = ProjectCreated {
        project_id: ProjectId::new(),
    };
    let theirs = text(&Envelope::new(stranger.tenant, NOW, event));
    let id = stranger.tenant.id();
    let set =
        |status: &str| format!("UPDATE app.tenants SET status = '{status}' WHERE id = '{id}'");
    scene.sql(&set("suspended")).await;
    let bodies = [created(&scene, NOW), theirs, created(&scene, NOW)];
    assert_eq!(deliver(&scene, &bodies).await, ["1"]);
    assert_eq!(used(&scene).await, units(2, 0));
    scene.sql(&set("active")).await;
    assert!(deliver(&scene, &bodies).await.is_empty());
    let list = Call::get("/v2/billing/usage")
        .by(&stranger)
        .send(&scene.service)
        .await;
    assert_eq!(list.expect(200).json()["data"][0]["used"], 1);
    assert_eq!(used(&scene).await, units(2, 0), "and nothing of it is ours");
}

#[tokio::test]
async fn without_a_database_every_message_comes_again() {
    let scene = Scene::new().await;
    let url = "postgres://svc_billing@127.0.0.1:1/none";
    let nowhere = Database::new(DatabaseConfig::new(url, None, None).unwrap());
    let bodies = [created(&scene, NOW), created(&scene, NOW)];
    let answer = billing::meter::handle(&nowhere, batch(&bodies), &Deadline::never()).await;
    assert_eq!(failed(answer), ["0", "1"]);
    assert!(deliver(&scene, &bodies).await.is_empty());
    assert_eq!(used(&scene).await, units(2, 0));
}

#[tokio::test]
async fn a_locked_table_delays_only_what_needs_it() {
    let scene = Scene::new().await;
    let owner = scene.database.owner().await;
    owner
        .batch_execute("BEGIN; LOCK billing.usage_events")
        .await
        .unwrap();
    let founded = shared::jobs::TenantCreated {
        user_id: scene.owner.user,
    };
    let bodies = [created(&scene, NOW), body(&scene, NOW, founded)];
    assert_eq!(deliver(&scene, &bodies).await, ["0"]);
    owner.batch_execute("ROLLBACK").await.unwrap();
    assert!(deliver(&scene, &bodies).await.is_empty());
    assert_eq!(used(&scene).await, units(1, 0));
}

#[tokio::test]
async fn what_cannot_be_begun_in_time_comes_again() {
    let scene = Scene::new().await;
    let deadline = Deadline::new(scene.app.clock.clone(), NOW, Duration::ZERO);
    let bodies = [created(&scene, NOW)];
    let answer = billing::meter::handle(&scene.app.db, batch(&bodies), &deadline).await;
    assert_eq!(failed(answer), ["0"]);
    assert_eq!(used(&scene).await, units(0, 0));
}
