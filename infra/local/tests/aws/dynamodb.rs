//! DynamoDB: the conditional counter that rate limits stand on, and TTL.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::{
    Client,
    error::ProvideErrorMetadata as _,
    operation::update_item::UpdateItemError,
    types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ReturnValue,
        ReturnValuesOnConditionCheckFailure, ScalarAttributeType, TimeToLiveSpecification,
        TimeToLiveStatus,
    },
};
use tokio::task::JoinSet;

use super::Cloud;

const TABLE: &str = "limits";
const WRITERS: u32 = 32;
const ATTEMPTS_PER_WRITER: u32 = 31;
const LIMIT: u32 = 800;

pub(super) async fn create_table(client: &Client) {
    let key = AttributeDefinition::builder()
        .attribute_name("pk")
        .attribute_type(ScalarAttributeType::S);
    let schema = KeySchemaElement::builder()
        .attribute_name("pk")
        .key_type(KeyType::Hash);
    client
        .create_table()
        .table_name(TABLE)
        .attribute_definitions(key.build().unwrap())
        .key_schema(schema.build().unwrap())
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
}

/// Counts one call, or answers the counter that stood in the way.
pub(super) async fn count(client: &Client, limit: u32) -> Result<u32, Option<u32>> {
    let outcome = client
        .update_item()
        .table_name(TABLE)
        .key("pk", AttributeValue::S("tenant#minute".to_owned()))
        .update_expression("ADD hits :one")
        .condition_expression("attribute_not_exists(hits) OR hits < :limit")
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
        .expression_attribute_values(":limit", AttributeValue::N(limit.to_string()))
        .return_values(ReturnValue::UpdatedNew)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await;
    let hits = |item: &std::collections::HashMap<String, AttributeValue>| -> u32 {
        item["hits"].as_n().unwrap().parse().unwrap()
    };
    match outcome {
        Ok(output) => Ok(hits(output.attributes().unwrap())),
        Err(error) => match error.into_service_error() {
            UpdateItemError::ConditionalCheckFailedException(failure) => {
                Err(failure.item().map(hits))
            }
            other => panic!("{:?} {other}", other.code()),
        },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conditional_counter_is_exact_under_concurrent_writers() {
    let cloud = Cloud::new("counter").await;
    create_table(&cloud.dynamodb).await;
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let client = cloud.dynamodb.clone();
        writers.spawn(async move {
            let mut outcomes = Vec::new();
            for _ in 0..ATTEMPTS_PER_WRITER {
                outcomes.push(count(&client, LIMIT).await);
            }
            outcomes
        });
    }
    let outcomes = writers.join_all().await.concat();
    let admitted: Vec<u32> = outcomes.iter().filter_map(|one| (*one).ok()).collect();
    let distinct: BTreeSet<u32> = admitted.iter().copied().collect();
    assert_eq!(u32::try_from(admitted.len()), Ok(LIMIT));
    assert_eq!(distinct, (1..=LIMIT).collect());
    let refused: Vec<Option<u32>> = outcomes.into_iter().filter_map(Result::err).collect();
    let expected = usize::try_from(WRITERS * ATTEMPTS_PER_WRITER - LIMIT).unwrap();
    assert_eq!(refused, vec![Some(LIMIT); expected]);
    cloud.services.stop().await;
}

#[tokio::test]
async fn a_table_takes_a_time_to_live() {
    let cloud = Cloud::new("ttl").await;
    create_table(&cloud.dynamodb).await;
    let setting = TimeToLiveSpecification::builder()
        .attribute_name("ttl")
        .enabled(true);
    cloud
        .dynamodb
        .update_time_to_live()
        .table_name(TABLE)
        .time_to_live_specification(setting.build().unwrap())
        .send()
        .await
        .unwrap();
    let request = cloud.dynamodb.describe_time_to_live().table_name(TABLE);
    let answer = request.send().await.unwrap();
    let described = answer.time_to_live_description().unwrap();
    assert_eq!(described.attribute_name(), Some("ttl"));
    assert_eq!(
        described.time_to_live_status(),
        Some(&TimeToLiveStatus::Enabled)
    );
    cloud.services.stop().await;
}
