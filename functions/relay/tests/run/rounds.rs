//! How long a run goes on.

use std::time::Duration;

use relay::{Counts, Relay};
use shared::clock::Clock;
use shared::deadline::Deadline;

use crate::world::{World, now};

#[tokio::test]
async fn a_run_serves_what_is_committed_while_it_lasts_and_ends_before_the_deadline() {
    let world = World::new().await;
    let start = now();
    let clock = Clock::fixed(start);
    let hour = Duration::from_hours(1);
    let deadline = Deadline::new(clock.clone(), start + hour, Duration::from_secs(5));
    let relay = Relay {
        run_for: hour * 2,
        ..world.relay()
    };
    let run = tokio::spawn(async move { relay.run(&deadline).await.unwrap() });

    let mut sent = Vec::new();
    for _ in 0..3 {
        let event = world.project().await.id.to_string();
        world.all_sent("projects").await;
        sent.push(event);
    }
    assert!(!run.is_finished(), "nothing has told it to end");
    clock.advance(time::Duration::seconds(3_595));
    assert_eq!(run.await.unwrap().sent, 3);
    sent.sort();
    assert_eq!(world.arrived().await, sent);
}

#[tokio::test]
async fn a_run_begins_nothing_when_the_deadline_is_near() {
    let world = World::new().await;
    world.project().await;
    let late = Deadline::new(Clock::System, now(), Duration::ZERO);
    let relay = Relay {
        run_for: Duration::from_hours(1),
        ..world.relay()
    };
    assert_eq!(relay.run(&late).await.unwrap(), Counts::default());
    // The control: the event was there to be sent.
    assert_eq!(world.run().await.sent, 1);
}

#[tokio::test]
async fn a_backlog_is_sent_without_a_pause() {
    let world = World::new().await;
    world.projects(234, "event").await;
    let hour = Duration::from_hours(1);
    let relay = Relay {
        run_for: hour,
        pause: hour,
        ..world.relay()
    };
    let run = tokio::spawn(async move { relay.run(&Deadline::never()).await });
    world.all_sent("projects").await;
    assert!(!run.is_finished(), "it pauses when there is nothing left");
    run.abort();
    assert_eq!(world.arrived().await.len(), 234);
}
