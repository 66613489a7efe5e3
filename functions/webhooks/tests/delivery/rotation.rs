//! Before, during and after a rotation a receiver built on the official library verifies what it gets.

use serde_json::{Value, json};
use testkit::{Call, Receiver};
use time::Duration;

use crate::world::{World, is_signed_by, text, verifies};

async fn rotate(world: &World, endpoint: &Value) -> Value {
    let path = format!(
        "/v2/webhooks/endpoints/{}/rotate-secret",
        text(endpoint, "id")
    );
    world
        .send(Call::post(&path, &json!({})))
        .await
        .expect(200)
        .json()
}

#[tokio::test]
async fn both_secrets_verify_while_they_change_places() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    let before = world.endpoint(&receiver.url(), json!({})).await;
    world.test(&before).await;
    world.tick().await;
    let during = rotate(&world, &before).await;
    world.test(&before).await;
    world.tick().await;
    let seen = receiver.seen();
    let (old, new) = (&before["secret"], &during["secret"]);
    assert_eq!(
        (verifies(&seen[0], old), verifies(&seen[0], new)),
        (true, false)
    );
    assert_eq!(
        (verifies(&seen[1], old), verifies(&seen[1], new)),
        (true, true)
    );
    let mut changed = seen[1].clone();
    changed.body.push(b' ');
    assert!(
        !verifies(&changed, old) && !verifies(&changed, new),
        "the library does look"
    );
}

#[tokio::test]
async fn a_day_later_the_old_one_does_not_any_more() {
    let world = World::ago(Duration::hours(24)).await;
    let receiver = Receiver::start().await;
    let before = world.endpoint(&receiver.url(), json!({})).await;
    let after = rotate(&world, &before).await;
    world
        .clock
        .advance(Duration::hours(24) - Duration::seconds(1));
    world.test(&before).await;
    world.tick().await;
    world.clock.advance(Duration::seconds(1));
    world.test(&before).await;
    world.tick().await;
    let seen = receiver.seen();
    let (old, new) = (&before["secret"], &after["secret"]);
    assert!(
        is_signed_by(&seen[0], old) && is_signed_by(&seen[0], new),
        "the last second"
    );
    assert_eq!(
        (verifies(&seen[1], old), verifies(&seen[1], new)),
        (false, true)
    );
}
