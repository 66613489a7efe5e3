//! A run says how old the oldest event is that it came across.

use relay::{Counts, Relay};
use shared::clock::Clock;
use shared::deadline::Deadline;
use shared::ids::{ProjectId, ReportId};
use shared::jobs::{ProjectCreated, ReportRequested};
use shared::queue::Queue;
use time::{Duration, OffsetDateTime};

use crate::world::{World, now};

/// Commits an event of this time.
async fn project(world: &World, occurred_at: OffsetDateTime) {
    let event = ProjectCreated {
        project_id: ProjectId::new(),
    };
    let tenant = world.tenant;
    world.commit("projects", tenant, occurred_at, event).await;
}

/// A run at a time that stands still, with a queue that takes nothing where `stuck`.
async fn run_at(world: &World, at: OffsetDateTime, stuck: bool) -> Counts {
    let mut relay = Relay {
        clock: Clock::fixed(at),
        ..world.relay()
    };
    if stuck {
        let nowhere = format!("{}-which-is-not-there", world.usage);
        relay.usage = Queue::with_client(nowhere, world.sqs.clone());
    }
    relay.run(&Deadline::never()).await.unwrap()
}

#[tokio::test]
async fn the_oldest_event_counts_until_it_is_sent() {
    let world = World::new().await;
    let then = now() - Duration::hours(1);
    for minutes in [20, 0, 10] {
        project(&world, then + Duration::minutes(minutes)).await;
    }
    let stuck = run_at(&world, then + Duration::minutes(30), true).await;
    assert_eq!((stuck.failed, stuck.oldest_ms), (3, 30 * 60_000));

    // While it is claimed it is not looked at; then it is found to be older.
    world
        .sql("UPDATE projects.outbox SET claimed_until = now() + interval '1 hour'")
        .await;
    let claimed = run_at(&world, then + Duration::minutes(30), true).await;
    assert_eq!((claimed.failed, claimed.oldest_ms), (0, 0));
    world.let_claims_lapse("projects").await;
    let later = run_at(&world, then + Duration::minutes(31), false).await;
    assert_eq!((later.sent, later.oldest_ms), (3, 31 * 60_000));

    // The control: what was sent has no age.
    world.let_claims_lapse("projects").await;
    let done = run_at(&world, then + Duration::minutes(32), false).await;
    assert_eq!((done.sent, done.oldest_ms), (0, 0));
}

/// It was asked for long ago, and waited for its turn.
#[tokio::test]
async fn a_report_that_was_parked_has_no_age() {
    let world = World::new().await;
    let then = now() - Duration::hours(1);
    let event = ReportRequested {
        report_id: ReportId::new(),
    };
    world.commit("reports", world.tenant, then, event).await;
    let counts = run_at(&world, then + Duration::minutes(30), false).await;
    assert_eq!((counts.sent, counts.oldest_ms), (1, 0));
}

/// A function's clock may be ahead of the relay's.
#[tokio::test]
async fn an_event_of_the_future_has_no_age() {
    let world = World::new().await;
    let then = now() - Duration::minutes(1);
    project(&world, then).await;
    let counts = run_at(&world, then - Duration::seconds(3), false).await;
    assert_eq!((counts.sent, counts.oldest_ms), (1, 0));
}
