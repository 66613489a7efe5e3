//! What the cloud on this machine gives the resources of a template: names, ARNs and addresses.

use super::{intrinsics::Unresolved, resources::Resources, scope::Scope};
use crate::aws::{ACCOUNT_ID, REGION};

/// The identifier of the local HTTP API.
pub const API_ID: &str = "local";

/// Where a template is brought to life.
#[derive(Debug, Clone)]
pub struct Site {
    /// The stack's name; resources without a name of their own are called after it.
    pub stack: String,
    /// The endpoint URL of SQS, under which the queues have their URLs.
    pub sqs_url: String,
}

impl Site {
    /// The value of a pseudo parameter such as `AWS::Region`.
    pub(super) fn pseudo_parameter(&self, name: &str) -> Option<String> {
        let value = match name {
            "AWS::AccountId" => ACCOUNT_ID,
            "AWS::Partition" => "aws",
            "AWS::Region" => REGION,
            "AWS::StackName" => &self.stack,
            "AWS::URLSuffix" => "amazonaws.com",
            _ => return None,
        };
        Some(value.to_owned())
    }

    fn queue_url(&self, name: &str) -> String {
        let endpoint = self.sqs_url.trim_end_matches('/');
        format!("{endpoint}/{ACCOUNT_ID}/{name}")
    }
}

impl Scope<'_> {
    /// What `!Ref` gives for a resource.
    pub(super) fn resource_reference(
        &self,
        id: &str,
        depth: usize,
    ) -> Result<Option<String>, Unresolved> {
        let Some(name) = self.resource_name(id, depth)? else {
            return Ok(None);
        };
        Ok(match self.resources.kind(id) {
            Some(Resources::QUEUE) => Some(self.site.queue_url(&name)),
            _ => Some(name),
        })
    }

    /// What `!GetAtt` gives for a resource.
    pub(super) fn resource_attribute(
        &self,
        id: &str,
        attribute: &str,
        depth: usize,
    ) -> Result<Option<String>, Unresolved> {
        let (Some(name), Some(kind)) = (self.resource_name(id, depth)?, self.resources.kind(id))
        else {
            return Ok(None);
        };
        Ok(match (kind, attribute) {
            (Resources::QUEUE, "Arn") => Some(queue_arn(&name)),
            (Resources::QUEUE, "QueueName") => Some(name),
            (Resources::QUEUE, "QueueUrl") => Some(self.site.queue_url(&name)),
            (Resources::TABLE, "Arn") => Some(format!(
                "arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{name}"
            )),
            (Resources::BUCKET, "Arn") => Some(format!("arn:aws:s3:::{name}")),
            (Resources::FUNCTION, "Arn") => Some(function_arn(&name)),
            (Resources::LOG_GROUP, "Arn") => Some(format!(
                "arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:{name}:*"
            )),
            (Resources::KEY, "Arn") => {
                Some(format!("arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/{name}"))
            }
            _ => None,
        })
    }

    /// The name of a resource: its own, or one made of the stack's name and its id.
    pub(super) fn resource_name(
        &self,
        id: &str,
        depth: usize,
    ) -> Result<Option<String>, Unresolved> {
        let property = match self.resources.kind(id) {
            Some(Resources::QUEUE) => "QueueName",
            Some(Resources::TABLE) => "TableName",
            Some(Resources::BUCKET) => "BucketName",
            Some(Resources::FUNCTION) => "FunctionName",
            Some(Resources::LOG_GROUP) => "LogGroupName",
            Some(Resources::KEY) => return Ok(Some(format!("{}-{id}", self.site.stack))),
            Some(Resources::HTTP_API) => return Ok(Some(API_ID.to_owned())),
            _ => return Ok(None),
        };
        if let Some(own) = self.resources.property(id, property) {
            return self.text(own, depth + 1).map(Some);
        }
        let name = format!("{}-{id}", self.site.stack);
        // Bucket names have no capital letters.
        let is_bucket = property == "BucketName";
        Ok(Some(if is_bucket { name.to_lowercase() } else { name }))
    }
}

/// The ARN of the function `name` on this machine.
pub fn function_arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}")
}

/// The ARN of the queue `name` on this machine.
pub fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}")
}
