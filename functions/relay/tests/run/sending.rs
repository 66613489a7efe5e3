//! What was committed arrives where it belongs, once, and says what was committed.

use aws_sdk_sqs::types::MessageSystemAttributeName;
use serde_json::json;
use shared::clock::micros;
use shared::db::{DbError, Statement};
use shared::ids::{ProjectId, ReportId, UserId};
use shared::jobs::{
    Envelope, ProjectCreated, ProjectDeleted, ReportFailed, ReportRequested, ReportSucceeded,
    SubscriptionChanged, TenantCreated,
};
use time::Duration;

use crate::world::{World, body, now, text};

#[tokio::test]
async fn every_event_of_every_domain_arrives_once() {
    let world = World::new().await;
    let (ours, theirs) = (world.tenant, world.database.tenant().await);
    let before = now() - Duration::minutes(1);
    let (user_id, project_id, report_id) = (UserId::new(), ProjectId::new(), ReportId::new());
    let mut usage = vec![
        world
            .commit("auth", ours, before, TenantCreated { user_id })
            .await
            .id,
        world
            .commit("projects", ours, before, ProjectCreated { project_id })
            .await
            .id,
        world
            .commit("projects", ours, before, ProjectDeleted { project_id })
            .await
            .id,
        world
            .commit("projects", theirs, before, ProjectCreated { project_id })
            .await
            .id,
        world
            .commit(
                "reports",
                ours,
                before,
                ReportSucceeded {
                    report_id,
                    pages: 2,
                },
            )
            .await
            .id,
        world
            .commit("reports", ours, before, ReportFailed { report_id })
            .await
            .id,
    ];
    let plan = "pro".to_owned();
    usage.push(
        world
            .commit("billing", theirs, before, SubscriptionChanged { plan })
            .await
            .id,
    );
    let requested = world
        .commit("reports", ours, before, ReportRequested { report_id })
        .await;

    let counts = world.run().await;
    assert_eq!((counts.sent, counts.failed, counts.unknown), (8, 0, 0));
    let mut usage: Vec<_> = usage.iter().map(ToString::to_string).collect();
    usage.sort();
    assert_eq!(world.arrived().await, usage);
    let reports = world.received(&world.reports).await;
    let reports: Vec<_> = reports
        .iter()
        .map(|message| text(&body(message), "id"))
        .collect();
    assert_eq!(reports, [requested.id.to_string()]);
    // All that billing hears of but the tenant's founding, which nobody can be waiting for.
    let webhooks = world.received(&world.webhooks).await;
    assert_eq!(webhooks.len(), usage.len() - 1);

    for domain in ["auth", "billing", "projects", "reports"] {
        world.let_claims_lapse(domain).await;
    }
    let counts = world.run().await;
    assert_eq!(counts.sent, 0, "what was sent is not sent again");
    assert!(world.arrived().await.is_empty());
}

#[tokio::test]
async fn a_message_says_what_was_committed() {
    let world = World::new().await;
    let sent = world.project().await;
    world.run().await;
    let messages = world.received(&world.usage).await;
    let [message] = messages.as_slice() else {
        panic!("{} messages", messages.len());
    };
    let read = Envelope::open(message.body.as_deref().unwrap()).unwrap();
    assert_eq!((read.id, read.tenant()), (sent.id, world.tenant));
    assert_eq!(micros(read.occurred_at), micros(sent.occurred_at));
    assert_eq!(read.read::<ProjectCreated>().unwrap(), sent.data);
    assert_eq!(
        body(message)["data"],
        json!({ "project_id": sent.data.project_id.to_string() })
    );
    let attributes = message.attributes.as_ref().unwrap();
    assert_eq!(
        attributes.get(&MessageSystemAttributeName::MessageGroupId),
        Some(&world.tenant.id().to_string()),
        "a fair queue knows the tenant"
    );
}

#[tokio::test]
async fn more_events_than_one_call_or_one_round_takes_all_arrive() {
    const EVENTS: u32 = 234;
    let world = World::new().await;
    world.projects(EVENTS, "event").await;
    let mut sent = 0;
    for _ in 0..3 {
        let counts = world.run().await;
        assert!(counts.sent <= 100, "a round is bounded");
        sent += counts.sent;
    }
    assert_eq!(sent, u64::from(EVENTS));
    let mut arrived = world.arrived().await;
    arrived.dedup();
    assert_eq!(arrived.len(), EVENTS as usize);
}

#[tokio::test]
async fn nothing_is_sent_that_was_not_committed() {
    let world = World::new().await;
    let client = world.database.client("projects").await;
    let tenant = world.tenant.id();
    let begin = format!(
        "BEGIN; SELECT app.enter('{tenant}');
         INSERT INTO projects.outbox (type, dedup) VALUES ('project.created', '1')"
    );
    client.batch_execute(&begin).await.unwrap();
    assert_eq!(world.run().await.sent, 0);
    client.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(world.run().await.sent, 0);
    client.batch_execute(&begin).await.unwrap();
    client.batch_execute("COMMIT").await.unwrap();
    assert_eq!(world.run().await.sent, 1);
    assert_eq!(world.arrived().await.len(), 1);
}

/// The worker marks a request that it has had by another way; that one is not sent again.
#[tokio::test]
async fn a_request_that_has_arrived_is_not_sent() {
    let world = World::new().await;
    let request = async || {
        let report_id = ReportId::new();
        let event = ReportRequested { report_id };
        world.commit("reports", world.tenant, now(), event).await
    };
    let (waiting, arrived) = (request().await, request().await);
    let sent_at = format!(
        "UPDATE reports.outbox SET sent_at = now() WHERE id = '{}'",
        arrived.id
    );
    world.sql(&sent_at).await;
    assert_eq!(world.run().await.sent, 1);
    let messages = world.received(&world.reports).await;
    let sent: Vec<_> = messages
        .iter()
        .map(|message| text(&body(message), "id"))
        .collect();
    assert_eq!(sent, [waiting.id.to_string()]);
}

#[tokio::test]
async fn the_relays_role_calls_its_functions_and_reads_no_table() {
    let world = World::new().await;
    world
        .database
        .prepare_all("relay", relay::store::STATEMENTS)
        .await;
    world.project().await;
    let peek =
        Statement::new("SELECT id FROM projects.outbox").many(|row| row.try_get::<_, ProjectId>(0));
    let Err(DbError::Other(error)) = world.relay().db.without_tenant(peek).await else {
        panic!("the relay read a table");
    };
    assert_eq!(error.code().unwrap().code(), "42501");
}
