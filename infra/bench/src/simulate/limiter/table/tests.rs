//! The simulated table beside the embedded DynamoDB: the same requests, the same items.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use local::aws::{Services, ServicesOptions};
use local::clients::Clients;
use shared::ids::TenantId;
use shared::limits::{Decision, DynamoDbLimiter, Scope, TableLimiter};
use shared::quota::Quotas;
use uuid::Uuid;

use super::super::clockwork::Task;
use super::*;

const STEPS: u64 = 150;
const START_MS: u64 = 1_790_000_000_000;

async fn create(client: &Client) {
    let key = AttributeDefinition::builder().attribute_name(KEY);
    let key = key.attribute_type(ScalarAttributeType::S).build().unwrap();
    let schema = KeySchemaElement::builder().attribute_name(KEY);
    let schema = schema.key_type(KeyType::Hash).build().unwrap();
    let table = client.create_table().table_name("limits");
    let table = table.attribute_definitions(key).key_schema(schema);
    let table = table.billing_mode(BillingMode::PayPerRequest);
    table.send().await.unwrap();
}

async fn stored(client: &Client, key: &str) -> Option<Item> {
    let request = client.get_item().table_name("limits").consistent_read(true);
    let request = request.key(KEY, AttributeValue::S(key.to_owned()));
    request.send().await.unwrap().item
}

fn simulated(
    clock: &Clockwork,
    limiter: &TableLimiter<SimulatedTable>,
    request: (&Scope, &Quotas, u32, u64),
) -> Decision {
    let (scope, quotas, cost, now_ms) = request;
    let begin = |_| -> Task<'_, Decision> {
        Box::pin(async move { limiter.take(scope, quotas, cost, now_ms).await.unwrap() })
    };
    let mut decided = None;
    clock.run(&[clock.now_us()], begin, |_, decision, _| {
        decided = Some(decision);
    });
    decided.unwrap()
}

#[tokio::test]
async fn it_answers_as_the_embedded_dynamodb_does() {
    let folder = std::env::temp_dir().join(format!("simulated-table-{}", Uuid::now_v7()));
    let options = ServicesOptions {
        dir: folder.clone(),
        durable: false,
    };
    let services = Services::start(options).await.unwrap();
    let client = Clients::new(&services).dynamodb;
    create(&client).await;
    let mut random = Random::new(11);
    let clock = Clockwork::default();
    let table = SimulatedTable::new(clock.clone(), random.branch());
    let real: Vec<_> = (0..3)
        .map(|_| DynamoDbLimiter::new(&client, "limits".into()))
        .collect();
    let ours: Vec<_> = (0..3).map(|_| TableLimiter::over(table.clone())).collect();
    let scope = Scope::tenant(TenantId::from(Uuid::nil()));
    let key = format!("rl#{scope}");
    let plans: [Quotas; 2] = ["minute=9,hour=60", "minute=12"].map(|plan| plan.parse().unwrap());
    let (mut now_ms, mut refused) = (START_MS, 0);
    for step in 0..STEPS {
        now_ms += random.below(3_000) * random.below(8);
        let instance = usize::try_from(random.below(3)).unwrap();
        let quotas = &plans[usize::from(step > STEPS / 2)];
        let cost = u32::try_from(random.between(1, 2)).unwrap();
        let expected = real[instance]
            .take(&scope, quotas, cost, now_ms)
            .await
            .unwrap();
        let request = (&scope, quotas, cost, now_ms);
        let decision = simulated(&clock, &ours[instance], request);
        assert_eq!(decision, expected, "step {step}");
        let item = table
            .lock()
            .items
            .get(&key)
            .and_then(|row| row.item.clone());
        assert_eq!(item, stored(&client, &key).await, "step {step}");
        refused += u64::from(matches!(decision, Decision::Deny { .. }));
    }
    assert!((STEPS / 10..STEPS).contains(&refused), "{refused} refused");
    services.stop().await;
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_write_too_many_is_throttled() {
    let mut row = Row::new();
    let at_once = (0..3_000).filter(|_| row.bears(0)).count();
    assert_eq!(at_once, 1_000);
    let half_a_second = Duration::from_millis(500).as_micros();
    let later_us = u64::try_from(half_a_second).unwrap();
    assert_eq!((0..3_000).filter(|_| row.bears(later_us)).count(), 500);
    let load = row.load();
    assert_eq!(
        (load.writes, load.throttled, load.busiest),
        (1_500, 4_500, 6_000)
    );
}
