//! What cannot be sent stays, and holds up nothing else.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Builder;
use relay::Relay;
use shared::aws;
use shared::clock::Clock;
use shared::deadline::Deadline;
use shared::queue::Queue;

use crate::world::{World, now};

const UNSENT: &str = "projects.outbox WHERE sent_at IS NULL";

#[tokio::test]
async fn what_a_queue_does_not_take_goes_out_next_time() {
    let world = World::new().await;
    let event = world.project().await.id.to_string();
    let nowhere = format!("{}-which-is-not-there", world.usage);
    let relay = Relay {
        usage: Queue::with_client(nowhere, world.sqs.clone()),
        ..world.relay()
    };
    let counts = relay.run(&Deadline::never()).await.unwrap();
    assert_eq!((counts.sent, counts.failed), (0, 1));
    assert_eq!(world.count(UNSENT).await, 1);

    world.let_claims_lapse("projects").await;
    let counts = world.run().await;
    assert_eq!((counts.sent, counts.failed), (1, 0));
    assert_eq!(world.count(UNSENT).await, 0);
    assert_eq!(world.arrived().await, [event]);
}

/// An event for two queues counts as sent when both have it, and not before.
#[tokio::test]
async fn an_event_that_one_of_its_queues_did_not_take_goes_to_both_again() {
    let world = World::new().await;
    let event = world.project().await.id.to_string();
    let nowhere = format!("{}-which-is-not-there", world.webhooks);
    let relay = Relay {
        webhooks: Queue::with_client(nowhere, world.sqs.clone()),
        ..world.relay()
    };
    let counts = relay.run(&Deadline::never()).await.unwrap();
    assert_eq!((counts.sent, counts.failed), (0, 1));
    assert_eq!(world.count(UNSENT).await, 1);
    assert_eq!(world.arrived().await, [event.as_str()]);

    world.let_claims_lapse("projects").await;
    assert_eq!(world.run().await.sent, 1);
    assert_eq!(world.count(UNSENT).await, 0);
    assert_eq!(world.arrived().await, [event.as_str()]);
    assert_eq!(world.received(&world.webhooks).await.len(), 1);
}

#[tokio::test]
async fn one_queue_out_of_reach_does_not_hold_up_the_other() {
    let world = World::new().await;
    world.project().await;
    let deaf = Builder::from(&aws::load()).endpoint_url("http://127.0.0.1:1");
    let deaf = Client::from_conf(deaf.build());
    let relay = Relay {
        reports: Queue::with_client(world.reports.clone(), deaf),
        ..world.relay()
    };
    world
        .sql(&format!(
            "INSERT INTO reports.outbox (tenant_id, type, dedup, occurred_at)
             VALUES ('{}', 'report.requested', '1', now() - interval '1 minute')",
            world.tenant.id()
        ))
        .await;
    let counts = relay.run(&Deadline::never()).await.unwrap();
    assert_eq!((counts.sent, counts.failed), (1, 1));
    assert_eq!(world.arrived().await.len(), 1);
}

#[tokio::test]
async fn an_event_too_large_for_the_queue_does_not_hold_up_its_neighbours() {
    let world = World::new().await;
    world.projects(3, "early").await;
    let huge = format!(
        "INSERT INTO projects.outbox (tenant_id, type, dedup, data, occurred_at)
         VALUES ('{}', 'project.created', 'huge',
                 jsonb_build_object('text', repeat('x', 2 * 1024 * 1024)), now())",
        world.tenant.id()
    );
    world.sql(&huge).await;
    world.projects(3, "late").await;
    let counts = world.run().await;
    assert_eq!((counts.sent, counts.failed), (6, 1));
    assert_eq!(world.arrived().await.len(), 6);
    assert_eq!(world.count(UNSENT).await, 1);
}

#[tokio::test]
async fn an_event_nobody_knows_yet_stays_and_is_counted() {
    let world = World::new().await;
    let known = world.project().await.id.to_string();
    let strange = format!(
        "INSERT INTO projects.outbox (tenant_id, type, dedup, occurred_at)
         VALUES ('{}', 'moon.landed', '1', now() - interval '1 minute')",
        world.tenant.id()
    );
    world.sql(&strange).await;
    let counts = world.run().await;
    assert_eq!((counts.sent, counts.failed, counts.unknown), (1, 0, 1));
    assert_eq!(world.arrived().await, [known]);
    assert_eq!(world.count(UNSENT).await, 1);
    // It is looked at again, so the deployment that knows it will find it.
    world.let_claims_lapse("projects").await;
    assert_eq!(world.run().await.unknown, 1);
}

#[tokio::test]
async fn an_outbox_that_is_locked_does_not_hold_up_the_others_and_shows() {
    let world = World::new().await;
    let owner = world.database.owner().await;
    // The first domain in the order of names.
    owner
        .batch_execute("BEGIN; LOCK auth.outbox")
        .await
        .unwrap();
    let clock = Clock::fixed(now());
    let hour = Duration::from_hours(1);
    let relay = Relay {
        clock: clock.clone(),
        run_for: hour,
        ..world.relay()
    };
    let deadline = Deadline::new(clock.clone(), now() + hour, Duration::ZERO);
    let run = tokio::spawn(async move { relay.run(&deadline).await });
    let mut sent = Vec::new();
    // The second one goes out in a later round: the failure has not ended the run.
    for _ in 0..2 {
        sent.push(world.project().await.id.to_string());
        world.all_sent("projects").await;
    }
    assert!(!run.is_finished(), "nothing has told it to end");
    clock.advance(time::Duration::hours(2));
    run.await.unwrap().unwrap_err();
    sent.sort();
    assert_eq!(world.arrived().await, sent);
    owner.batch_execute("ROLLBACK").await.unwrap();
    world.run().await;
}

#[tokio::test]
async fn an_outbox_that_cannot_be_purged_does_not_keep_the_others_from_it_and_shows() {
    let world = World::new().await;
    for (domain, kind) in [("auth", "tenant.created"), ("projects", "project.created")] {
        world
            .sql(&format!(
                "INSERT INTO {domain}.outbox (tenant_id, type, dedup, sent_at)
                 VALUES ('{}', '{kind}', 'old', now() - interval '101 days')",
                world.tenant.id()
            ))
            .await;
    }
    let owner = world.database.owner().await;
    owner
        .batch_execute("BEGIN; LOCK auth.outbox")
        .await
        .unwrap();
    world.relay().run(&Deadline::never()).await.unwrap_err();
    assert_eq!(world.count("projects.outbox").await, 0);
    owner.batch_execute("ROLLBACK").await.unwrap();
    world.run().await;
}
