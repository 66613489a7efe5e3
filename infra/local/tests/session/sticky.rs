//! Readers without log positions: for a while after a write, its caller reads from the writer.

use std::time::Duration;

use shared::{
    clock::Clock,
    db::{ConsistencyToken, Database},
};

use crate::scene::{ANY_LAG, Scene, config, create, list, names, replica, service, url};

#[tokio::test]
async fn a_caller_sticks_to_the_writer_for_a_while_after_a_write() {
    let scene = Scene::new("sticky").await;
    let owner = scene.tenant().await;
    let sticky = Duration::from_secs(2);
    let replica = replica(&url(&scene.replica), Duration::ZERO).sticky(sticky);
    let clock = Clock::fixed(Clock::System.now());
    let db = Database::with_replica(config(&url(&scene.primary)), Some(replica));
    let service = service(db, clock.clone());
    scene.pause().await;
    let created = create(&service, &owner, "first").await;
    let token = created.header("consistency-token");
    let mine = list(&service, &owner, token).await.expect(200);
    assert_eq!(names(&mine), ["first"]);
    assert_eq!(mine.header("consistency"), "primary");
    // Without it nobody knows, and nobody asks how old the answer is.
    let stale = list(&service, &owner, "").await.expect(200);
    assert_eq!(names(&stale), [""; 0]);
    assert_eq!(stale.header("consistency"), "replica");
    clock.advance(time::Duration::milliseconds(1_999));
    assert_eq!(names(&list(&service, &owner, token).await), ["first"]);
    clock.advance(time::Duration::milliseconds(1));
    let later = list(&service, &owner, token).await.expect(200);
    assert_eq!(later.header("consistency"), "replica");
    // A position from before the change of configuration: nobody can tell, so the writer is asked.
    let position = ConsistencyToken::Position(1).encode();
    let reply = list(&service, &owner, &position).await.expect(200);
    assert_eq!(reply.header("consistency"), "primary");
    scene.stop().await;
}

/// And the other way round: a time counts until no replica that is read from can be older.
#[tokio::test]
async fn a_time_from_before_the_change_of_configuration_is_honoured() {
    let scene = Scene::new("unstuck").await;
    let (owner, service) = (scene.tenant().await, scene.service(ANY_LAG));
    let now = shared::clock::micros(Clock::System.now());
    let recent = ConsistencyToken::WrittenAt(now).encode();
    let reply = list(&service, &owner, &recent).await.expect(200);
    assert_eq!(reply.header("consistency"), "primary");
    let old = ConsistencyToken::WrittenAt(now - 7_200_000_000).encode();
    let reply = list(&service, &owner, &old).await.expect(200);
    assert!(reply.header("consistency").starts_with("replica"));
    scene.stop().await;
}
