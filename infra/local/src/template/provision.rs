//! Makes the queues, tables and buckets of a template where they are not there yet.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    error::DisplayErrorContext,
    types::{
        AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
        TimeToLiveSpecification, TimeToLiveStatus,
    },
};
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::json;

use super::{Bucket, Queue, Table, Template};
use crate::clients::Clients;

/// A store that could not be made; the text is one line.
#[derive(Debug, thiserror::Error)]
#[error("cannot make {resource}: {reason}")]
pub struct ProvisionError {
    /// Logical id of the resource.
    pub resource: String,
    /// What the service said.
    pub reason: String,
}

impl ProvisionError {
    fn of<E: std::error::Error>(resource: &str) -> impl Fn(E) -> Self {
        move |error| Self {
            resource: resource.to_owned(),
            reason: DisplayErrorContext(error).to_string(),
        }
    }
}

/// Makes every store of the template; those that exist are kept with what they hold.
///
/// # Errors
///
/// A service refused.
pub async fn provision(template: &Template, clients: &Clients) -> Result<(), ProvisionError> {
    for queue in &template.queues {
        create_queue(&clients.sqs, queue).await?;
    }
    // After all queues, since a redrive policy names one that has to be there.
    for queue in &template.queues {
        configure_queue(&clients.sqs, queue).await?;
    }
    for table in &template.tables {
        create_table(&clients.dynamodb, table).await?;
        enable_ttl(&clients.dynamodb, table).await?;
    }
    for bucket in &template.buckets {
        create_bucket(&clients.s3, bucket).await?;
    }
    Ok(())
}

async fn create_queue(sqs: &aws_sdk_sqs::Client, queue: &Queue) -> Result<(), ProvisionError> {
    let request = sqs.create_queue().queue_name(&queue.name);
    let created = request
        .send()
        .await
        .map_err(ProvisionError::of(&queue.id))?;
    let url = created.queue_url().unwrap_or_default();
    // The functions are told the URL that the template was read with.
    if url == queue.url {
        return Ok(());
    }
    Err(ProvisionError {
        resource: queue.id.clone(),
        reason: format!("its url is {url} and not {}", queue.url),
    })
}

async fn configure_queue(sqs: &aws_sdk_sqs::Client, queue: &Queue) -> Result<(), ProvisionError> {
    let mut attributes = HashMap::from([
        (
            QueueAttributeName::VisibilityTimeout,
            queue.visibility_seconds.to_string(),
        ),
        (
            QueueAttributeName::MessageRetentionPeriod,
            queue.retention_seconds.to_string(),
        ),
    ]);
    if let Some(redrive) = &queue.redrive {
        let policy = json!({
            "deadLetterTargetArn": redrive.dead_letter_arn,
            "maxReceiveCount": redrive.receives_max,
        });
        attributes.insert(QueueAttributeName::RedrivePolicy, policy.to_string());
    }
    sqs.set_queue_attributes()
        .queue_url(&queue.url)
        .set_attributes(Some(attributes))
        .send()
        .await
        .map_err(ProvisionError::of(&queue.id))?;
    Ok(())
}

async fn create_table(
    dynamodb: &aws_sdk_dynamodb::Client,
    table: &Table,
) -> Result<(), ProvisionError> {
    let mut request = dynamodb
        .create_table()
        .table_name(&table.name)
        .billing_mode(BillingMode::PayPerRequest);
    let keys = [
        (Some(&table.partition_key), KeyType::Hash),
        (table.sort_key.as_ref(), KeyType::Range),
    ];
    for (key, kind) in keys {
        let Some((name, type_name)) = key else {
            continue;
        };
        let element = KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build();
        let definition = AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::from(type_name.as_str()))
            .build();
        request = request
            .key_schema(element.map_err(ProvisionError::of(&table.id))?)
            .attribute_definitions(definition.map_err(ProvisionError::of(&table.id))?);
    }
    match request.send().await.map_err(aws_sdk_dynamodb::Error::from) {
        Ok(_) | Err(aws_sdk_dynamodb::Error::ResourceInUseException(_)) => Ok(()),
        Err(error) => Err(ProvisionError::of(&table.id)(error)),
    }
}

async fn enable_ttl(
    dynamodb: &aws_sdk_dynamodb::Client,
    table: &Table,
) -> Result<(), ProvisionError> {
    let Some(attribute) = &table.ttl_attribute else {
        return Ok(());
    };
    let request = dynamodb.describe_time_to_live().table_name(&table.name);
    let described = request
        .send()
        .await
        .map_err(ProvisionError::of(&table.id))?;
    let status = described
        .time_to_live_description()
        .and_then(|ttl| ttl.time_to_live_status());
    if status == Some(&TimeToLiveStatus::Enabled) {
        return Ok(());
    }
    let specification = TimeToLiveSpecification::builder()
        .attribute_name(attribute)
        .enabled(true)
        .build()
        .map_err(ProvisionError::of(&table.id))?;
    dynamodb
        .update_time_to_live()
        .table_name(&table.name)
        .time_to_live_specification(specification)
        .send()
        .await
        .map_err(ProvisionError::of(&table.id))?;
    Ok(())
}

async fn create_bucket(s3: &aws_sdk_s3::Client, bucket: &Bucket) -> Result<(), ProvisionError> {
    let request = s3.create_bucket().bucket(&bucket.name);
    match request.send().await.map_err(aws_sdk_s3::Error::from) {
        Ok(_)
        | Err(
            aws_sdk_s3::Error::BucketAlreadyOwnedByYou(_)
            | aws_sdk_s3::Error::BucketAlreadyExists(_),
        ) => Ok(()),
        Err(error) => Err(ProvisionError::of(&bucket.id)(error)),
    }
}
