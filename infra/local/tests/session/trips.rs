//! What the checks cost, counted on the wire.

use axum::Router;
use shared::{
    clock::Clock,
    db::{Database, Statement},
};
use testkit::CountingProxy;

use crate::scene::{ANY_LAG, Scene, config, create, list, primary, replica, service, tenant, url};

/// A function that has not connected yet, and the wire that it will connect through.
async fn cold(url: &str) -> (CountingProxy, Database, Router) {
    let proxy = CountingProxy::before(url).await;
    let db = Database::new(config(proxy.url()));
    let service = service(db.clone(), Clock::System);
    (proxy, db, service)
}

#[tokio::test]
async fn the_check_of_the_role_takes_no_trip_of_its_own() {
    let cluster = primary("check-trips").await;
    let (url, owner) = (url(&cluster), tenant(&cluster).await);
    // What the set-up of a connection takes by itself.
    let (proxy, db, _) = cold(&url).await;
    db.warm().await.unwrap();
    let set_up = proxy.trips();
    assert!(set_up > 0);

    let (proxy, _, service) = cold(&url).await;
    for trips in 1..=3 {
        list(&service, &owner, "").await.expect(200);
        assert_eq!(proxy.trips(), set_up + trips);
    }
    let (proxy, _, service) = cold(&url).await;
    for trips in 1..=3 {
        create(&service, &owner, &trips.to_string()).await;
        assert_eq!(proxy.trips(), set_up + trips);
    }
    let (proxy, db, _) = cold(&url).await;
    for trips in 1..=3 {
        let one = Statement::new("SELECT 1");
        db.without_tenant(one).await.unwrap();
        assert_eq!(proxy.trips(), set_up + trips);
    }
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_read_costs_one_trip_on_the_replica_and_one_more_where_that_is_behind() {
    let scene = Scene::new("replica-trips").await;
    let owner = scene.tenant().await;
    let to_primary = CountingProxy::before(&url(&scene.primary)).await;
    let to_replica = CountingProxy::before(&url(&scene.replica)).await;
    let replica = replica(to_replica.url(), ANY_LAG);
    let db = Database::with_replica(config(to_primary.url()), Some(replica));
    let service = service(db, Clock::System);
    let trips = || (to_primary.trips(), to_replica.trips());
    // Both connections are set up, and both roles checked.
    create(&service, &owner, "first").await;
    scene.caught_up().await;
    list(&service, &owner, "").await.expect(200);

    let before = trips();
    let created = create(&service, &owner, "second").await;
    assert_eq!(trips(), (before.0 + 1, before.1), "a write and its token");
    scene.caught_up().await;
    let token = created.header("consistency-token");
    for token in ["", token] {
        let before = trips();
        list(&service, &owner, token).await.expect(200);
        assert_eq!(trips(), (before.0, before.1 + 1), "caught up");
    }
    scene.pause().await;
    let created = create(&service, &owner, "third").await;
    let token = created.header("consistency-token");
    let before = trips();
    list(&service, &owner, token).await.expect(200);
    assert_eq!(trips(), (before.0 + 1, before.1 + 1), "behind");
    scene.stop().await;
}
