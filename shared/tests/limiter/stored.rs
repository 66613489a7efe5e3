//! What only a shared table can show: the item itself, what an instance remembers, and how many
//! requests it takes.

use aws_sdk_dynamodb::types::AttributeValue;
use shared::limits::{Limits, Scope, Verdict};

use crate::world::{World, ask, left_after, quotas, refused, scope};

type Item = std::collections::HashMap<String, AttributeValue>;

async fn item(world: &World, scope: &Scope) -> Item {
    let table = world.table();
    let request = table.client.get_item().table_name(&table.name);
    let request = request.key("pk", AttributeValue::S(format!("rl#{scope}")));
    let output = request.consistent_read(true).send().await.unwrap();
    output.item.expect("the bucket is stored")
}

async fn delete(world: &World, scope: &Scope) {
    let table = world.table();
    let request = table.client.delete_item().table_name(&table.name);
    let request = request.key("pk", AttributeValue::S(format!("rl#{scope}")));
    request.send().await.unwrap();
}

fn number(item: &Item, name: &str) -> i64 {
    item[name].as_n().unwrap().parse().unwrap()
}

/// As DynamoDB counts it: names and texts in bytes, two digits of a number in one, and one more.
fn size(item: &Item) -> usize {
    let value = |value: &AttributeValue| match value {
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::S(text) => text.len(),
        other => panic!("no part of a bucket: {other:?}"),
    };
    item.iter().map(|(name, v)| name.len() + value(v)).sum()
}

#[tokio::test]
async fn the_stored_total_is_the_sum_of_what_was_admitted() {
    let world = World::in_dynamodb().await;
    let (scope, ten) = (scope(), quotas("minute=10"));
    let instances = [world.instance(), world.instance(), world.instance()];
    let mut admitted = 0;
    for step in 0..60 {
        let verdict = ask(&instances[step % 3], &scope, &ten).await;
        admitted += i64::from(matches!(verdict, Verdict::Allow { .. }));
        world.advance_ms(2_700);
    }
    assert!((20..=30).contains(&admitted), "{admitted}");
    assert_eq!(number(&item(&world, &scope).await, "n"), admitted);
    world.close().await;
}

#[tokio::test]
async fn an_item_expires_and_stays_small() {
    const WRITE_UNIT_BYTES: usize = 1_024;
    let world = World::in_dynamodb().await;
    let (limits, scope, plan) = (
        world.instance(),
        scope(),
        quotas("minute=10000,day=9000000"),
    );
    let minutes = [48 * 60_000; 40];
    let seconds = [2_000; 40];
    for gap_ms in minutes.into_iter().chain(seconds) {
        ask(&limits, &scope, &plan).await;
        let item = item(&world, &scope).await;
        let now = world.clock.now().unix_timestamp();
        assert!(
            number(&item, "ttl") > now + 86_400,
            "ttl outlives the window"
        );
        assert!(
            size(&item) < WRITE_UNIT_BYTES,
            "{} bytes: {item:?}",
            size(&item)
        );
        world.advance_ms(gap_ms);
    }
    // pk, ttl, n, top; 31 cells of the day that count, 32 of the minute.
    let attributes = item(&world, &scope).await.len();
    assert!((60..=68).contains(&attributes), "{attributes} attributes");
    world.close().await;
}

/// Requests sent for one request asked.
async fn cost(world: &World, limits: &Limits, scope: &Scope, plan: &str) -> usize {
    world.table().requests_sent();
    ask(limits, scope, &quotas(plan)).await;
    world.table().requests_sent()
}

#[tokio::test]
async fn a_request_is_one_write_and_a_known_refusal_none() {
    const PLAN: &str = "minute=3,day=1000";
    let world = World::in_dynamodb().await;
    let (limits, scope) = (world.instance(), scope());
    // The very first one finds no item, and makes it.
    for (wait_ms, expected) in [(0, 2), (0, 1), (500, 1), (0, 0), (0, 0), (1_000, 0)] {
        world.advance_ms(wait_ms);
        assert_eq!(cost(&world, &limits, &scope, PLAN).await, expected);
    }
    // An instance that has never seen the bucket learns of the refusal with one request.
    let stranger = world.instance();
    assert_eq!(cost(&world, &stranger, &scope, PLAN).await, 1);
    assert_eq!(cost(&world, &stranger, &scope, PLAN).await, 0);
    // After the window both are back to one, and so is a third one.
    world.advance_ms(65_000);
    assert_eq!(cost(&world, &limits, &scope, PLAN).await, 1);
    assert_eq!(cost(&world, &stranger, &scope, PLAN).await, 1);
    // The ceiling of the last writer spares a newcomer the second request.
    assert_eq!(cost(&world, &world.instance(), &scope, PLAN).await, 1);
    world.close().await;
}

#[tokio::test]
async fn a_refusal_is_remembered_until_it_ends() {
    let world = World::in_dynamodb().await;
    let (limits, scope, two) = (world.instance(), scope(), quotas("minute=2"));
    left_after(&ask(&limits, &scope, &two).await);
    left_after(&ask(&limits, &scope, &two).await);
    let (retry_after, _) = refused(&ask(&limits, &scope, &two).await);
    delete(&world, &scope).await;
    world.advance_ms(retry_after * 1_000 - 1_000);
    refused(&ask(&limits, &scope, &two).await);
    assert_eq!(left_after(&ask(&world.instance(), &scope, &two).await), [1]);
    world.advance_ms(1_000);
    assert_eq!(left_after(&ask(&limits, &scope, &two).await), [0]);
    world.close().await;
}

#[tokio::test]
async fn a_lost_item_lets_nobody_pass_twice() {
    let world = World::in_dynamodb().await;
    let (old, new) = (world.instance(), world.instance());
    let (scope, five) = (scope(), quotas("minute=5"));
    for _ in 0..20 {
        left_after(&ask(&old, &scope, &five).await);
        world.advance_ms(20_000);
    }
    // Time to live, or an operator: the count starts again, and `old` still knows the former one.
    delete(&world, &scope).await;
    for left in [4, 3, 2, 1, 0] {
        assert_eq!(left_after(&ask(&new, &scope, &five).await), [left]);
    }
    refused(&ask(&old, &scope, &five).await);
    refused(&ask(&old, &scope, &five).await);
    world.close().await;
}
