//! Who answers a read, what it may miss, and what the answer says about that.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use shared::db::ConsistencyToken;
use testkit::{Call, Reply};
use tokio::task::JoinSet;

use crate::fallback::returns_to_the_replica;
use crate::scene::{ANY_LAG, Scene, ask, create, list, names, superuser};

fn is_from_replica(reply: &Reply) -> bool {
    let consistency = reply.header("consistency");
    if let Some(lag_ms) = consistency.strip_prefix("replica;lag-ms=") {
        return lag_ms.parse::<u64>().is_ok();
    }
    assert_eq!(consistency, "primary");
    false
}

#[tokio::test]
async fn a_caller_sees_its_own_writes_and_is_told_when_others_may_be_missing() {
    let scene = Scene::new("own-writes").await;
    let (owner, service) = (scene.tenant().await, scene.service(ANY_LAG));
    create(&service, &owner, "first").await;
    scene.caught_up().await;
    scene.pause().await;
    let created = create(&service, &owner, "second").await;
    let token = created.header("consistency-token");
    // A write reads nothing, so there is nothing to say about reads.
    assert_eq!(created.header("consistency"), "");

    let mine = list(&service, &owner, token).await.expect(200);
    assert_eq!(names(&mine), ["first", "second"]);
    assert!(!is_from_replica(&mine));
    assert_eq!(mine.header("consistency-token"), "");
    let stale = list(&service, &owner, "").await.expect(200);
    assert_eq!(names(&stale), ["first"]);
    assert!(is_from_replica(&stale));

    scene.resume().await;
    let mine = list(&service, &owner, token).await.expect(200);
    assert_eq!(names(&mine), ["first", "second"]);
    assert!(is_from_replica(&mine));
    scene.stop().await;
}

/// The negative control: with a check that lets every read pass, a caller misses its own write.
#[tokio::test]
async fn without_the_check_a_caller_does_not_see_what_it_wrote() {
    let scene = Scene::new("unchecked-reads").await;
    let (owner, service) = (scene.tenant().await, scene.service(ANY_LAG));
    let no_check =
        "CREATE OR REPLACE FUNCTION app.check_replica(at_least pg_lsn, lag_ms_max bigint)
                    RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'";
    let primary = superuser(&scene.primary).await;
    primary.batch_execute(no_check).await.unwrap();
    scene.caught_up().await;
    scene.pause().await;
    let created = create(&service, &owner, "first").await;
    let token = created.header("consistency-token");
    let missed = list(&service, &owner, token).await.expect(200);
    assert_eq!(names(&missed), [""; 0]);
    scene.stop().await;
}

#[tokio::test]
async fn every_kind_of_write_leaves_a_token_and_reads_for_itself() {
    let scene = Scene::new("kinds").await;
    let (owner, service) = (scene.tenant().await, scene.service(ANY_LAG));
    let created = create(&service, &owner, "first").await;
    let path = format!("/v2/projects/{}", created.json()["id"].as_str().unwrap());
    scene.caught_up().await;
    scene.pause().await;
    let changed = Call::new("PATCH", &path).header("if-match", "*");
    let changed = changed.json(&json!({ "name": "new" })).by(&owner);
    let changed = changed.send(&service).await.expect(200);
    // In one batch, and over several: each leaves a token that a read needs to see it.
    let token = changed.header("consistency-token");
    let found = Call::get(&path).by(&owner);
    let seen = found.clone().header("consistency-token", token);
    assert_eq!(seen.send(&service).await.json()["name"], "new");
    assert_eq!(found.send(&service).await.json()["name"], "first");
    // This one looks after it has failed to write: on the replica it would find version 1.
    let stale = Call::new("PATCH", &path).header("if-match", "\"1\"");
    let stale = stale.json(&json!({ "name": "newer" })).by(&owner);
    let stale = stale.send(&service).await.expect(412);
    assert_eq!(stale.header("consistency"), "primary");
    // The stored answer of an earlier write: its caller has to see that write as well.
    let again = create(&service, &owner, "first").await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    let deleted = Call::new("DELETE", &path)
        .header("if-match", "*")
        .by(&owner);
    let deleted = deleted.send(&service).await.expect(204);
    let token = deleted.header("consistency-token");
    let gone = Call::get(&path)
        .by(&owner)
        .header("consistency-token", token);
    gone.send(&service).await.expect(404);
    Call::get(&path).by(&owner).send(&service).await.expect(200);
    scene.stop().await;
}

/// Tokens of writes that went on at the same time are brought together: the newest counts.
#[tokio::test]
async fn tokens_are_checked_and_an_edited_one_spoils_only_its_bearers_reads() {
    let scene = Scene::new("tokens").await;
    let (owner, service) = (scene.tenant().await, scene.service(ANY_LAG));
    create(&service, &owner, "first").await;
    scene.caught_up().await;
    scene.pause().await;
    let token = create(&service, &owner, "second").await;
    let token = token.header("consistency-token");
    let past = ConsistencyToken::Position(1).encode();
    let huge = ConsistencyToken::Position(u64::MAX).encode();
    let long_ago = ConsistencyToken::WrittenAt(0).encode();
    let to_come = ConsistencyToken::WrittenAt(i64::MAX).encode();
    for (token, expected) in [
        (format!("{past}, {token}"), 2),
        (format!("{token},{long_ago}"), 2),
        (huge, 2),
        (to_come, 2),
        (past, 1),
        (long_ago, 1),
    ] {
        let reply = list(&service, &owner, &token).await.expect(200);
        assert_eq!(names(&reply).len(), expected, "{token}");
    }
    // A token of nowhere did not turn the others away from the replica.
    assert!(is_from_replica(&list(&service, &owner, "").await));

    let cut = token.get(..token.len() - 1).unwrap().to_owned();
    for malformed in [
        " ".to_owned(),
        "?".to_owned(),
        cut,
        format!("{token}A"),
        format!("{token},"),
        "A".repeat(12),
        "A".repeat(8_000),
        [token; 9].join(","),
    ] {
        let call = Call::get("/v2/projects").by(&owner);
        let call = call.header("consistency-token", &malformed);
        let reply = call.send(&service).await.expect(400);
        assert_eq!(reply.blamed(), ["consistency-token"], "{malformed}");
    }
    // A stranger learns nothing about tokens.
    let stranger = Call::get("/v2/projects").header("consistency-token", "?");
    stranger.send(&service).await.expect(401);
    scene.stop().await;
}

#[tokio::test]
async fn tenants_are_kept_apart_on_the_replica_while_many_ask_at_once() {
    let scene = Scene::new("apart").await;
    let (ours, theirs) = (scene.tenant().await, scene.tenant().await);
    let service = scene.service(ANY_LAG);
    create(&service, &ours, "ours").await;
    create(&service, &theirs, "theirs").await;
    scene.caught_up().await;
    let mut asking = JoinSet::new();
    let service = Arc::new(service);
    for number in 0..60 {
        let (caller, expected) = match number % 2 {
            0 => (ours.clone(), "ours"),
            _ => (theirs.clone(), "theirs"),
        };
        let service = Arc::clone(&service);
        asking.spawn(async move {
            let reply = list(&service, &caller, "").await.expect(200);
            assert_eq!(names(&reply), [expected]);
            is_from_replica(&reply)
        });
    }
    assert!(asking.join_all().await.into_iter().all(|replica| replica));
    scene.stop().await;
}

/// Each request's tokens are its own, also where several are served by one process at once.
#[tokio::test]
async fn requests_at_the_same_time_do_not_mix_up_their_tokens() {
    let scene = Scene::new("at-once").await;
    let (owner, other) = (scene.tenant().await, scene.tenant().await);
    let service = Arc::new(scene.service(ANY_LAG));
    create(&service, &owner, "first").await;
    scene.caught_up().await;
    scene.pause().await;
    let token = create(&service, &owner, "second").await;
    let token = token.header("consistency-token").to_owned();
    let mut asking = JoinSet::new();
    for number in 0..30 {
        let (service, owner, other) = (Arc::clone(&service), owner.clone(), other.clone());
        let token = token.clone();
        asking.spawn(async move {
            match number % 3 {
                0 => {
                    let reply = list(&service, &owner, &token).await.expect(200);
                    assert_eq!(names(&reply).len(), 2);
                }
                1 => {
                    let reply = list(&service, &owner, "").await.expect(200);
                    assert!(is_from_replica(&reply));
                    assert_eq!(names(&reply).len(), 1);
                }
                _ => {
                    let reply = create(&service, &other, &number.to_string()).await;
                    assert_ne!(reply.header("consistency-token"), "");
                }
            }
        });
    }
    asking.join_all().await;
    scene.stop().await;
}

/// What the replica does not know yet about a tenant, it need not decide.
#[tokio::test]
async fn a_new_tenant_reads_at_once_and_a_suspended_one_until_the_replica_knows() {
    let scene = Scene::new("standing").await;
    let (known, service) = (scene.tenant().await, scene.service(ANY_LAG));
    scene.pause().await;
    let unknown = crate::scene::tenant(&scene.primary).await;
    let reply = list(&service, &unknown, "").await.expect(200);
    assert_eq!(reply.header("consistency"), "primary");
    let primary = superuser(&scene.primary).await;
    let suspend = "UPDATE app.tenants SET status = 'suspended'";
    primary.execute(suspend, &[]).await.unwrap();
    // Writes are refused at once, reads from a replica when it has heard of it.
    let write = Call::post("/v2/projects", &json!({ "name": "late" })).by(&known);
    let write = write.header("idempotency-key", "late");
    write.send(&service).await.expect(403);
    let read = list(&service, &known, "").await.expect(200);
    assert!(is_from_replica(&read));
    scene.resume().await;
    list(&service, &known, "").await.expect(403);
    scene.stop().await;
}

/// Asked of the function that every read asks: the lag of an idle, connected replica is none.
#[tokio::test]
async fn an_idle_primary_does_not_make_its_replica_old() {
    let scene = Scene::new("idle").await;
    let (owner, service) = (scene.tenant().await, scene.service(Duration::ZERO));
    // The last commit is long ago, or will be by the time it is asked for.
    let age = "SELECT clock_timestamp() - pg_last_xact_replay_timestamp() > '1 ms'::interval";
    while !ask::<bool>(&scene.replica, age).await {}
    // Something the primary does for itself may be on its way just now.
    returns_to_the_replica(&service, &owner).await;
    scene.stop().await;
}
