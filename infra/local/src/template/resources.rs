//! The resources of a template as they are written, by logical id.

use serde_json::{Map, Value};

use super::TemplateError;

/// The `Resources` section.
#[derive(Debug)]
pub(super) struct Resources<'a> {
    members: &'a Map<String, Value>,
}

impl<'a> Resources<'a> {
    /// The type of functions.
    pub(super) const FUNCTION: &'static str = "AWS::Serverless::Function";
    /// The type of the API.
    pub(super) const HTTP_API: &'static str = "AWS::Serverless::HttpApi";
    /// The type of the API's further stages.
    pub(super) const STAGE: &'static str = "AWS::ApiGatewayV2::Stage";
    /// The type of queues.
    pub(super) const QUEUE: &'static str = "AWS::SQS::Queue";
    /// The type of tables.
    pub(super) const TABLE: &'static str = "AWS::DynamoDB::Table";
    /// The type of buckets.
    pub(super) const BUCKET: &'static str = "AWS::S3::Bucket";

    /// The type of log groups.
    pub(super) const LOG_GROUP: &'static str = "AWS::Logs::LogGroup";
    /// The type of keys.
    pub(super) const KEY: &'static str = "AWS::KMS::Key";

    /// The section of `document`.
    pub(super) fn of(document: &'a Value) -> Result<Self, TemplateError> {
        document
            .get("Resources")
            .and_then(Value::as_object)
            .map(|members| Self { members })
            .ok_or_else(|| TemplateError::Yaml("it has no Resources".to_owned()))
    }

    /// A resource's type.
    pub(super) fn kind(&self, id: &str) -> Option<&'a str> {
        self.members.get(id)?.get("Type")?.as_str()
    }

    /// A resource with all that it is made of.
    pub(super) fn whole(&self, id: &str) -> Option<&'a Value> {
        self.members.get(id)
    }

    /// One property of a resource, as it is written.
    pub(super) fn property(&self, id: &str, name: &str) -> Option<&'a Value> {
        self.members.get(id)?.get("Properties")?.get(name)
    }

    /// The ids of all resources of a type.
    pub(super) fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &'a str> {
        self.members
            .iter()
            .filter(move |(_, resource)| resource.get("Type").and_then(Value::as_str) == Some(kind))
            .map(|(id, _)| id.as_str())
    }
}
