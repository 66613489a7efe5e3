//! A replica that fails is a slower read, and never a failed one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::Router;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use testkit::Caller;
use tokio::{
    net::TcpListener,
    time::{Instant, sleep},
};

use crate::scene::{ANY_LAG, PATIENCE, Scene, ask, create, list, names, replica, superuser, url};

/// How long a replica that failed is left alone, in seconds.
const REST_SECS: u64 = 5;

#[tokio::test]
async fn no_request_fails_when_the_replica_is_killed() {
    let scene = Scene::new("killed").await;
    let (owner, service) = (scene.tenant().await, scene.service(ANY_LAG));
    let token = create(&service, &owner, "first").await;
    let token = token.header("consistency-token").to_owned();
    scene.caught_up().await;
    let before = list(&service, &owner, "").await.expect(200);
    assert!(before.header("consistency").starts_with("replica"));
    let asking = async {
        for number in 0..200 {
            let token = if number % 2 == 0 { "" } else { token.as_str() };
            let reply = list(&service, &owner, token).await.expect(200);
            assert_eq!(names(&reply), ["first"]);
        }
    };
    // Killed while it is being asked.
    tokio::join!(asking, scene.kill_replica());
    let after = list(&service, &owner, "").await.expect(200);
    assert_eq!(after.header("consistency"), "primary");
    // A process that begins now finds none at all.
    let cold = scene.service(ANY_LAG);
    list(&cold, &owner, "").await.expect(200);
    create(&cold, &owner, "second").await;
    scene.stop().await;
}

/// It stands still with its connections open: nothing breaks, nothing answers.
#[tokio::test]
async fn no_request_fails_when_the_replica_stops_answering() {
    let scene = Scene::new("stopped").await;
    let owner = scene.tenant().await;
    let replica = replica(&url(&scene.replica), ANY_LAG);
    let service = scene.service_with(replica.patience(PATIENCE / 60));
    returns_to_the_replica(&service, &owner).await;
    let backend = "SELECT pid FROM pg_stat_activity WHERE usename = 'svc_projects'";
    let backend = Pid::from_raw(ask(&scene.replica, backend).await);
    kill(backend, Signal::SIGSTOP).unwrap();
    let reply = list(&service, &owner, "").await.expect(200);
    assert_eq!(reply.header("consistency"), "primary");
    kill(backend, Signal::SIGCONT).unwrap();
    // Asked again when it has had its rest, on another connection.
    returns_to_the_replica(&service, &owner).await;
    scene.stop().await;
}

#[tokio::test]
async fn a_replica_that_failed_is_left_alone_for_a_while() {
    let scene = Scene::new("rest").await;
    let owner = scene.tenant().await;
    let (url, tried) = hangs_up().await;
    let service = scene.service_with(replica(&url, ANY_LAG));
    let (begun, reads) = (Instant::now(), 100);
    for _ in 0..reads {
        list(&service, &owner, "").await.expect(200);
    }
    let rests = begun.elapsed().as_secs() / REST_SECS;
    let tried = tried.load(Ordering::SeqCst);
    assert!(tried >= 1, "it was not tried at all");
    assert!(u64::from(tried) <= rests + 1, "{tried} tries");
    scene.stop().await;
}

/// A server that ends each connection at once, and counts them.
async fn hangs_up() -> (String, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let tried = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tried);
    drop(tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            drop(connection);
        }
    }));
    let url = format!("postgres://nobody:x@127.0.0.1:{port}/none?sslmode=disable");
    (url, tried)
}

#[tokio::test]
async fn a_replica_too_far_behind_is_not_read_until_it_has_caught_up() {
    let scene = Scene::new("lagging").await;
    let (owner, service) = (scene.tenant().await, scene.service(Duration::ZERO));
    list(&service, &owner, "").await.expect(200);
    scene.pause().await;
    create(&service, &owner, "first").await;
    has_received(&scene).await;
    let reply = list(&service, &owner, "").await.expect(200);
    assert_eq!(names(&reply), ["first"]);
    assert_eq!(reply.header("consistency"), "primary");
    scene.resume().await;
    returns_to_the_replica(&service, &owner).await;
    scene.stop().await;
}

/// Waits until what has been written has arrived at the replica, replayed or not.
async fn has_received(scene: &Scene) {
    let end: String = ask(&scene.primary, "SELECT pg_current_wal_insert_lsn()::text").await;
    let received = format!("SELECT pg_last_wal_receive_lsn() >= '{end}'::pg_lsn");
    let deadline = Instant::now() + PATIENCE;
    while !ask::<bool>(&scene.replica, &received).await {
        assert!(Instant::now() < deadline, "nothing arrives");
        sleep(PATIENCE / 3_000).await;
    }
}

pub(crate) async fn returns_to_the_replica(service: &Router, owner: &Caller) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let reply = list(service, owner, "").await.expect(200);
        if reply.header("consistency").starts_with("replica") {
            return;
        }
        assert!(Instant::now() < deadline, "the replica is not asked again");
        sleep(PATIENCE / 300).await;
    }
}

/// The replica has all that it received then, and that is not all there may be.
#[tokio::test]
async fn a_replica_that_lost_its_primary_says_how_old_it_is() {
    let scene = Scene::new("orphan").await;
    let (owner, service) = (scene.tenant().await, scene.service(ANY_LAG));
    let strict = scene.service(Duration::ZERO);
    list(&service, &owner, "").await.expect(200);
    let Scene { primary, replica } = scene;
    primary.stop().await.unwrap();
    let connected = "SELECT EXISTS (SELECT FROM pg_stat_wal_receiver)";
    let deadline = Instant::now() + PATIENCE;
    while ask::<bool>(&replica, connected).await {
        assert!(Instant::now() < deadline, "still connected");
        sleep(PATIENCE / 3_000).await;
    }
    // Reads go on, within the operator's patience.
    let reply = list(&service, &owner, "").await.expect(200);
    let lag_ms = reply.header("consistency").strip_prefix("replica;lag-ms=");
    assert!(lag_ms.unwrap().parse::<u64>().unwrap() > 0);
    list(&strict, &owner, "").await.expect(503);
    replica.stop().await.unwrap();
}

#[tokio::test]
async fn a_promoted_replica_is_not_read() {
    let scene = Scene::new("promoted").await;
    let (owner, service) = (scene.tenant().await, scene.service(ANY_LAG));
    list(&service, &owner, "").await.expect(200);
    assert!(ask::<bool>(&scene.replica, "SELECT pg_promote()").await);
    create(&service, &owner, "first").await;
    for _ in 0..3 {
        let reply = list(&service, &owner, "").await.expect(200);
        assert_eq!(names(&reply), ["first"]);
        assert_eq!(reply.header("consistency"), "primary");
    }
    scene.stop().await;
}

/// A role that row-level security does not hold is as little served there; the primary is asked.
#[tokio::test]
async fn a_replica_under_the_wrong_role_is_not_read() {
    let scene = Scene::new("wrong-role").await;
    let owner = scene.tenant().await;
    let admin = superuser(&scene.primary).await;
    let path = "ALTER ROLE postgres SET search_path = projects, app";
    admin.batch_execute(path).await.unwrap();
    scene.caught_up().await;
    let url = scene.replica.superuser_url("tenantry");
    let service = scene.service_with(replica(&url, ANY_LAG));
    let reply = list(&service, &owner, "").await.expect(200);
    assert_eq!(reply.header("consistency"), "primary");
    scene.stop().await;
}
