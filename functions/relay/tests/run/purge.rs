//! What has served its time goes, and nothing else.

use std::time::Duration;

use relay::Relay;
use shared::clock::Clock;
use shared::deadline::Deadline;

use crate::world::{World, now};

#[tokio::test]
async fn events_sent_long_ago_go_and_the_others_stay() {
    let world = World::new().await;
    let tenant = world.tenant.id();
    world
        .sql(&format!(
            "INSERT INTO projects.outbox (tenant_id, type, dedup, occurred_at, sent_at) VALUES
               ('{tenant}', 'project.created', 'old',   now() - interval '102 days', now() - interval '101 days'),
               ('{tenant}', 'project.created', 'young', now() - interval '102 days', now() - interval '6 days');
             INSERT INTO billing.outbox (tenant_id, type, dedup, occurred_at, sent_at) VALUES
               ('{tenant}', 'subscription.changed', 'old', now() - interval '102 days', now() - interval '101 days');
             INSERT INTO auth.outbox (tenant_id, type, dedup, occurred_at, claimed_until) VALUES
               ('{tenant}', 'tenant.created', 'unsent', now() - interval '99 days', now() + interval '1 hour')"
        ))
        .await;
    let counts = world.run().await;
    assert_eq!((counts.purged, counts.sent), (2, 0));
    let left = "projects.outbox WHERE dedup = 'young'";
    assert_eq!(
        (
            world.count("projects.outbox").await,
            world.count(left).await
        ),
        (1, 1)
    );
    assert_eq!(
        world.count("auth.outbox").await,
        1,
        "an unsent event is never removed"
    );
    assert_eq!(world.run().await.purged, 0);
}

#[tokio::test]
async fn stored_answers_go_after_a_day() {
    let world = World::new().await;
    let tenant = world.tenant.id();
    for (domain, hours) in [("projects", 25), ("projects", 23), ("reports", 25)] {
        world
            .sql(&format!(
                "INSERT INTO {domain}.idempotency (tenant_id, key, fingerprint, created_at)
                 VALUES ('{tenant}', '{hours}', 'x', now() - interval '{hours} hours')"
            ))
            .await;
    }
    assert_eq!(world.run().await.expired, 2);
    assert_eq!(
        world.count("projects.idempotency WHERE key = '23'").await,
        1
    );
    assert_eq!(world.count("reports.idempotency").await, 0);
}

#[tokio::test]
async fn more_than_one_statement_removes_goes_in_one_run() {
    let world = World::new().await;
    let tenant = world.tenant.id();
    world
        .sql(&format!(
            "INSERT INTO projects.outbox (tenant_id, type, dedup, sent_at)
             SELECT '{tenant}', 'project.created', number, now() - interval '101 days'
               FROM generate_series(1, 1500) AS number"
        ))
        .await;
    assert_eq!(world.run().await.purged, 1_500);
    assert_eq!(world.count("projects.outbox").await, 0);
}

#[tokio::test]
async fn what_is_fresh_is_sent_before_what_is_old_goes() {
    let world = World::new().await;
    world
        .sql(&format!(
            "INSERT INTO auth.outbox (tenant_id, type, dedup, sent_at)
             VALUES ('{}', 'tenant.created', 'old', now() - interval '101 days')",
            world.tenant.id()
        ))
        .await;
    let clock = Clock::fixed(now());
    let relay = Relay {
        clock: clock.clone(),
        run_for: Duration::from_mins(1),
        ..world.relay()
    };
    let run = tokio::spawn(async move { relay.run(&Deadline::never()).await.unwrap() });
    // The second one goes out in a later round than the first one.
    for _ in 0..2 {
        world.project().await;
        world.all_sent("projects").await;
    }
    assert_eq!(world.count("auth.outbox").await, 1, "the run is not over");
    clock.advance(time::Duration::minutes(1));
    let counts = run.await.unwrap();
    assert_eq!((counts.sent, counts.purged), (2, 1));
    assert_eq!(world.count("auth.outbox").await, 0);
}
