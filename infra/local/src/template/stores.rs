//! The queues, tables and buckets of a template.

use super::{TemplateError, queue_arn, reader::Reader, resources::Resources, scope::Scope};

/// What SQS takes when the template says nothing, in seconds.
const VISIBILITY_SECONDS_DEFAULT: u32 = 30;
/// What SQS takes when the template says nothing: four days, in seconds.
const RETENTION_SECONDS_DEFAULT: u32 = 345_600;

/// A standard queue.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Its logical id in the template.
    pub id: String,
    /// Its name in the cloud.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its URL.
    pub url: String,
    /// How long a received message stays hidden, in seconds.
    pub visibility_seconds: u32,
    /// How long a message is kept, in seconds.
    pub retention_seconds: u32,
    /// Where messages go that fail again and again.
    pub redrive: Option<Redrive>,
}

/// Where a queue's failing messages go.
#[derive(Debug, Clone)]
pub struct Redrive {
    /// ARN of the dead-letter queue.
    pub dead_letter_arn: String,
    /// After so many receives a message goes there.
    pub receives_max: u32,
}

/// A table; its attributes are texts unless the template says otherwise.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its logical id in the template.
    pub id: String,
    /// Its name in the cloud.
    pub name: String,
    /// Name and type (`S`, `N` or `B`) of the attribute that spreads the items.
    pub partition_key: (String, String),
    /// Name and type of the attribute that orders them, if any.
    pub sort_key: Option<(String, String)>,
    /// The attribute after whose time an item is deleted, if any.
    pub ttl_attribute: Option<String>,
}

/// A bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Its logical id in the template.
    pub id: String,
    /// Its name in the cloud.
    pub name: String,
}

pub(super) fn queues(scope: &Scope<'_>) -> Result<Vec<Queue>, TemplateError> {
    let mut queues = Vec::new();
    for id in scope.ids(Resources::QUEUE)? {
        let of = |name| Reader::property(scope, id, name);
        let name = name(scope, id, "QueueName")?;
        if of("FifoQueue")?.flag()? {
            return Err(of("FifoQueue")?.error("the local stack has standard queues only"));
        }
        queues.push(Queue {
            id: id.to_owned(),
            arn: queue_arn(&name),
            url: scope
                .resource_reference(id, 0)
                .map_err(|unresolved| TemplateError::property(id, "QueueName", unresolved.0))?
                .unwrap_or_default(),
            name,
            visibility_seconds: of("VisibilityTimeout")?.number_or(VISIBILITY_SECONDS_DEFAULT)?,
            retention_seconds: of("MessageRetentionPeriod")?
                .number_or(RETENTION_SECONDS_DEFAULT)?,
            redrive: redrive(&of("RedrivePolicy")?)?,
        });
    }
    Ok(queues)
}

fn redrive(policy: &Reader) -> Result<Option<Redrive>, TemplateError> {
    if policy.is_absent() {
        return Ok(None);
    }
    let receives = policy.get("maxReceiveCount");
    Ok(Some(Redrive {
        dead_letter_arn: policy.get("deadLetterTargetArn").text()?,
        receives_max: receives
            .optional_number()?
            .ok_or_else(|| receives.error("it is missing"))?,
    }))
}

pub(super) fn tables(scope: &Scope<'_>) -> Result<Vec<Table>, TemplateError> {
    let mut tables = Vec::new();
    for id in scope.ids(Resources::TABLE)? {
        let of = |name| Reader::property(scope, id, name);
        let attributes = of("AttributeDefinitions")?.items()?;
        let keys = of("KeySchema")?;
        let mut partition_key = None;
        let mut sort_key = None;
        for key in keys.items()? {
            let attribute = key.get("AttributeName").text()?;
            let typed = (attribute.clone(), type_of(&attributes, &attribute)?);
            match key.get("KeyType").text()?.as_str() {
                "HASH" => partition_key = Some(typed),
                "RANGE" => sort_key = Some(typed),
                _ => return Err(key.error("KeyType is HASH or RANGE")),
            }
        }
        let ttl = of("TimeToLiveSpecification")?;
        let ttl_enabled = ttl.get("Enabled").flag()?;
        tables.push(Table {
            id: id.to_owned(),
            name: name(scope, id, "TableName")?,
            partition_key: partition_key.ok_or_else(|| keys.error("it has no HASH key"))?,
            sort_key,
            ttl_attribute: if ttl_enabled {
                Some(ttl.get("AttributeName").text()?)
            } else {
                None
            },
        });
    }
    Ok(tables)
}

fn type_of(attributes: &[Reader], name: &str) -> Result<String, TemplateError> {
    for attribute in attributes {
        if attribute.get("AttributeName").text()? == name {
            return attribute.get("AttributeType").text();
        }
    }
    Ok("S".to_owned())
}

pub(super) fn buckets(scope: &Scope<'_>) -> Result<Vec<Bucket>, TemplateError> {
    let ids = scope.ids(Resources::BUCKET)?;
    ids.into_iter()
        .map(|id| {
            Ok(Bucket {
                id: id.to_owned(),
                name: name(scope, id, "BucketName")?,
            })
        })
        .collect()
}

fn name(scope: &Scope<'_>, id: &str, property: &str) -> Result<String, TemplateError> {
    scope
        .resource_name(id, 0)
        .map(Option::unwrap_or_default)
        .map_err(|unresolved| TemplateError::property(id, property, unresolved.0))
}
