//! Several relays do not send the same event, and a dead one does not keep it.

use std::collections::HashSet;

use futures_util::future::join_all;
use shared::deadline::Deadline;

use crate::world::World;

#[tokio::test]
async fn relays_at_the_same_time_share_the_work() {
    const EVENTS: u32 = 300;
    let world = World::new().await;
    world.projects(EVENTS, "event").await;
    let relays: Vec<_> = (0..4).map(|_| world.relay()).collect();
    let never = Deadline::never();
    let runs = join_all(relays.iter().map(|relay| relay.run(&never))).await;
    let sent: Vec<_> = runs.into_iter().map(|run| run.unwrap().sent).collect();
    assert_eq!(sent.iter().sum::<u64>(), u64::from(EVENTS));
    assert!(
        sent.iter().filter(|sent| **sent > 0).count() > 1,
        "{sent:?}"
    );
    let arrived = world.arrived().await;
    assert_eq!(arrived.len(), EVENTS as usize);
    assert_eq!(
        arrived.iter().collect::<HashSet<_>>().len(),
        EVENTS as usize
    );
}

/// The control: without the claim and the mark the same events would be sent again, and the tests
/// of this file would see it.
#[tokio::test]
async fn an_event_whose_mark_is_lost_comes_again_as_the_same_event() {
    let world = World::new().await;
    let event = world.project().await.id.to_string();
    assert_eq!(world.run().await.sent, 1);
    world
        .sql("UPDATE projects.outbox SET sent_at = NULL, claimed_until = NULL")
        .await;
    assert_eq!(world.run().await.sent, 1);
    assert_eq!(world.arrived().await, [event.clone(), event]);
}

#[tokio::test]
async fn what_a_dead_relay_had_claimed_is_sent_when_the_claim_has_lapsed() {
    let world = World::new().await;
    let event = world.project().await.id.to_string();
    // A relay that dies between taking and sending.
    let take = relay::store::take("projects", 100);
    let taken = world.relay().db.without_tenant(take).await.unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!(world.run().await.sent, 0, "the claim still holds");
    world.let_claims_lapse("projects").await;
    assert_eq!(world.run().await.sent, 1);
    assert_eq!(world.arrived().await, [event]);
}
