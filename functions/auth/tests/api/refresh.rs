//! Refresh: a token is used once, a lost answer is given again, and a copy ends the session.

use insta::assert_json_snapshot;
use serde_json::{Value, json};
use testkit::{Call, Reply};
use time::Duration;

use crate::world::{Person, RANDOM, World};

const EMAIL: &str = "ada@example.com";

fn token(reply: &Reply) -> String {
    reply.json()["refresh_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_refresh_goes_on_with_the_session() {
    let world = World::new().await;
    let ada = world.sign_up(EMAIL).await;
    let v2 = world.refresh(&ada.refresh_token).await.expect(200);
    assert_json_snapshot!("refresh_v2", v2.redacted(&RANDOM));
    assert_eq!(v2.header("cache-control"), "no-store");
    let next = Person::of(&v2);
    assert_eq!((next.tenant, next.user), (ada.tenant, ada.user));
    assert_eq!(next.session, ada.session);
    assert_ne!(next.refresh_token, ada.refresh_token);
    assert_ne!(next.access_token, ada.access_token);
    let body = json!({"refresh_token": next.refresh_token, "unknown": true});
    let v1 = world.post("/v1/auth/refresh", body).await.expect(200);
    assert_json_snapshot!("refresh_v1", v1.redacted(&RANDOM));
    assert_eq!(Person::of(&v1).session, ada.session);
}

#[tokio::test]
async fn a_lost_answer_is_given_again_for_a_minute() {
    let world = World::new().await;
    let ada = world.sign_up(EMAIL).await;
    let first = token(&world.refresh(&ada.refresh_token).await.expect(200));
    world.clock.advance(Duration::seconds(60));
    let again = token(&world.refresh(&ada.refresh_token).await.expect(200));
    assert_eq!(first, again);
    assert_eq!(
        world
            .count_in(ada.tenant, "SELECT count(*) FROM auth.refresh_tokens")
            .await,
        2
    );
    // And the successor is as good as if nothing had been lost.
    world.refresh(&first).await.expect(200);
}

#[tokio::test]
async fn a_token_that_comes_twice_ends_the_session() {
    let world = World::new().await;
    let ada = world.sign_up(EMAIL).await;
    let elsewhere = world.log_in(EMAIL).await;
    let next = token(&world.refresh(&ada.refresh_token).await.expect(200));
    world.clock.advance(Duration::seconds(61));
    let reused = world.refresh(&ada.refresh_token).await.expect(401);
    assert_json_snapshot!("invalid_refresh_token_v2", reused.json());
    // The thief's and the owner's copies alike.
    let next = world.refresh(&next).await.expect(401);
    assert_eq!(next.body, reused.body);
    let revoked = "SELECT count(*) FROM auth.sessions WHERE revoked_reason = 'refresh_reuse'";
    assert_eq!(world.count_in(ada.tenant, revoked).await, 1);
    // Another login of the same person goes on.
    world.refresh(&elsewhere.refresh_token).await.expect(200);
}

#[tokio::test]
async fn a_token_that_comes_after_its_successor_ends_the_session() {
    let world = World::new().await;
    let ada = world.sign_up(EMAIL).await;
    let elsewhere = world.log_in(EMAIL).await;
    let next = token(&world.refresh(&ada.refresh_token).await.expect(200));
    let last = token(&world.refresh(&next).await.expect(200));
    // Well within the minute, but whoever sends it has the answer already, or is somebody else.
    world.refresh(&ada.refresh_token).await.expect(401);
    let revoked = "SELECT count(*) FROM auth.sessions WHERE revoked_reason = 'refresh_reuse'";
    assert_eq!(world.count_in(ada.tenant, revoked).await, 1);
    for copy in [&next, &last] {
        world.refresh(copy).await.expect(401);
    }
    world.refresh(&elsewhere.refresh_token).await.expect(200);
}

#[tokio::test]
async fn callers_who_refresh_at_once_get_the_same_successor() {
    const CALLERS: usize = 6;
    let world = World::new().await;
    let ada = world.sign_up(EMAIL).await;
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let instance = world.instance();
        let body = json!({"refresh_token": ada.refresh_token});
        let call = Call::post("/v2/auth/sessions/refresh", &body);
        callers.spawn(async move { call.send(&instance).await });
    }
    let mut tokens: Vec<_> = callers
        .join_all()
        .await
        .into_iter()
        .map(|reply| token(&reply.expect(200)))
        .collect();
    assert_eq!(tokens.len(), CALLERS);
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert_eq!(
        world
            .count_in(ada.tenant, "SELECT count(*) FROM auth.refresh_tokens")
            .await,
        2
    );
    assert_eq!(
        world
            .count_in(
                ada.tenant,
                "SELECT count(*) FROM auth.sessions WHERE revoked_at IS NULL"
            )
            .await,
        1
    );
}

#[tokio::test]
async fn a_session_lasts_thirty_days_unused_and_ninety_in_all() {
    let world = World::new().await;
    let idle = world.sign_up("idle@example.com").await;
    let busy = world.sign_up("busy@example.com").await;
    let mut busy = busy.refresh_token;
    for _ in 0..3 {
        world.clock.advance(Duration::days(29));
        busy = token(&world.refresh(&busy).await.expect(200));
    }
    world.refresh(&idle.refresh_token).await.expect(401);
    world
        .clock
        .advance(Duration::days(3) - Duration::seconds(1));
    busy = token(&world.refresh(&busy).await.expect(200));
    world.clock.advance(Duration::seconds(1));
    world.refresh(&busy).await.expect(401);
}

#[tokio::test]
async fn what_was_never_a_token_is_told_nothing() {
    let world = World::new().await;
    let ada = world.sign_up(EMAIL).await;
    let bob = world.sign_up("bob@example.com").await;
    let (head, tail) = (
        bob.refresh_token.get(..24).unwrap(),
        ada.refresh_token.get(24..).unwrap(),
    );
    let transplanted = format!("{head}{tail}");
    let nobodys = format!("rt_{}", "A".repeat(64));
    let never = [
        "",
        "rt_",
        "\u{0}",
        &ada.access_token,
        &ada.refresh_token[1..],
        &transplanted,
        &nobodys,
        &"x".repeat(100_000),
    ];
    let expected = world.refresh("never").await.expect(401).body;
    for text in never {
        assert_eq!(
            world.refresh(text).await.expect(401).body,
            expected,
            "for {text:.80}"
        );
    }
    for (field, body) in [
        ("refresh_token", json!({})),
        ("refresh_token", json!({"refresh_token": 1})),
        ("scope", json!({"refresh_token": "rt_", "scope": "all"})),
        ("body", Value::Null),
    ] {
        let reply = world
            .post("/v2/auth/sessions/refresh", body)
            .await
            .expect(400);
        assert_eq!(reply.blamed(), [field]);
    }
    // None of that did the session any harm.
    world.refresh(&ada.refresh_token).await.expect(200);
}

#[tokio::test]
async fn a_suspended_tenant_does_not_go_on() {
    let world = World::new().await;
    let ada = world.sign_up(EMAIL).await;
    world.set_status(ada.tenant.id(), "suspended").await;
    let refused = world.refresh(&ada.refresh_token).await.expect(403);
    assert_eq!(refused.json()["code"], "tenant_suspended");
    world.set_status(ada.tenant.id(), "active").await;
    world.refresh(&ada.refresh_token).await.expect(200);
}
