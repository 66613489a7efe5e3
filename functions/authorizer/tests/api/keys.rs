//! The issuer's keys: asked for rarely, by whatever names tokens carry.

use serde_json::{Value, json};
use time::Duration;

use crate::signer::Signer;
use crate::world::{World, publish};

fn invalid() -> Value {
    json!({"denied": "invalid_token"})
}

#[tokio::test]
async fn made_up_names_do_not_reach_the_database() {
    let world = World::new().await;
    world.ask_as(&world.claims()).await;
    let before = world.db.trips();
    for number in 0..100 {
        let mut header = world.signer.header();
        header.kid = Some(format!("made-up-{number}"));
        let token = world.signer.sign_as(&header, &world.claims());
        assert_eq!(world.ask_with(&token).await, invalid());
    }
    assert_eq!((world.db.trips() - before).count, 0);
    // A caller known to us costs one trip, key and all.
    world.ask_as(&world.claims()).await;
    assert_eq!((world.db.trips() - before).count, 1);
}

#[tokio::test]
async fn a_new_key_is_known_within_two_seconds() {
    let world = World::new().await;
    world.ask_as(&world.claims()).await;
    let next = Signer::new();
    publish(&world.test, &next).await;
    let token = next.sign(&world.claims());
    world.clock.advance(Duration::milliseconds(1_999));
    assert_eq!(world.ask_with(&token).await, invalid());
    world.clock.advance(Duration::milliseconds(1));
    assert_eq!(world.ask_with(&token).await["plan"], "free");
    // Both verify while the old one's last tokens live.
    assert_eq!(world.ask_as(&world.claims()).await["plan"], "free");
}

#[tokio::test]
async fn the_first_key_is_known_at_once() {
    let world = World::new().await;
    world.change("DELETE FROM auth.signing_keys").await;
    assert_eq!(world.ask_as(&world.claims()).await, invalid());
    publish(&world.test, &world.signer).await;
    assert_eq!(world.ask_as(&world.claims()).await["plan"], "free");
}

#[tokio::test]
async fn a_retired_key_is_refused_within_five_minutes() {
    let world = World::new().await;
    world.ask_as(&world.claims()).await;
    world
        .change("UPDATE auth.signing_keys SET retired_at = now() - interval '1 second'")
        .await;
    world.clock.advance(Duration::seconds(299));
    assert_eq!(world.ask_as(&world.claims()).await["plan"], "free");
    world.clock.advance(Duration::seconds(1));
    assert_eq!(world.ask_as(&world.claims()).await, invalid());
}

#[tokio::test]
async fn a_retired_key_that_is_published_again_verifies_again() {
    let world = World::new().await;
    world
        .change("UPDATE auth.signing_keys SET retired_at = now() - interval '1 second'")
        .await;
    assert_eq!(world.ask_as(&world.claims()).await, invalid());
    publish(&world.test, &world.signer).await;
    world.clock.advance(Duration::seconds(2));
    assert_eq!(world.ask_as(&world.claims()).await["plan"], "free");
}

#[tokio::test]
async fn a_key_that_cannot_be_read_spoils_no_other() {
    let world = World::new().await;
    let client = world.test.client("auth").await;
    let broken = json!({"kid": "broken", "kty": "RSA", "n": "!", "e": "AQAB"});
    let publish = "SELECT auth.publish_key('broken', $1)";
    client.execute(publish, &[&broken]).await.unwrap();
    assert_eq!(world.ask_as(&world.claims()).await["plan"], "free");
}

#[tokio::test]
async fn a_token_that_was_verified_before_ends_with_its_key() {
    let world = World::new().await;
    let token = world.signer.sign(&world.claims());
    assert_eq!(world.ask_with(&token).await["plan"], "free");
    world
        .change("UPDATE auth.signing_keys SET retired_at = now() - interval '1 second'")
        .await;
    world.clock.advance(Duration::seconds(299));
    assert_eq!(world.ask_with(&token).await["plan"], "free");
    world.clock.advance(Duration::seconds(1));
    assert_eq!(world.ask_with(&token).await, invalid());
}

#[tokio::test]
async fn a_token_that_was_verified_before_expires() {
    let world = World::new().await;
    let mut claims = world.claims();
    claims["exp"] = json!(world.clock.now().unix_timestamp() + 60);
    let token = world.signer.sign(&claims);
    // Five seconds more than it says: clocks differ.
    for seconds in [0, 64] {
        world.clock.advance(Duration::seconds(seconds));
        assert_eq!(world.ask_with(&token).await["plan"], "free");
    }
    world.clock.advance(Duration::seconds(1));
    assert_eq!(
        world.ask_with(&token).await,
        json!({"denied": "expired_token"})
    );
}

#[tokio::test]
async fn a_token_is_verified_whole() {
    let world = World::new().await;
    let token = world.signer.sign(&world.claims());
    assert_eq!(world.ask_with(&token).await["plan"], "free");
    // The claims of the one and the signature of the other.
    let other = Signer::new().sign(&world.claims());
    let (claims, _) = token.rsplit_once('.').unwrap();
    let (_, signature) = other.rsplit_once('.').unwrap();
    assert_eq!(
        world.ask_with(&format!("{claims}.{signature}")).await,
        invalid()
    );
}
