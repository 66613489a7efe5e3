//! Reads a template's YAML into JSON, with every intrinsic function in its long form.
//!
//! `!Sub x` becomes `{"Fn::Sub": "x"}` and `!Ref x` becomes `{"Ref": "x"}`, so that one evaluator
//! serves both notations of
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value, json};
use serde_saphyr::Tagged;

use super::TemplateError;

/// CloudFormation takes no larger template.
const TEMPLATE_BYTES_MAX: usize = 1024 * 1024;

/// The document in `text` as JSON.
pub(super) fn parse(text: &str) -> Result<Value, TemplateError> {
    if text.len() > TEMPLATE_BYTES_MAX {
        let reason = format!("it has more than {TEMPLATE_BYTES_MAX} bytes");
        return Err(TemplateError::Yaml(reason));
    }
    serde_saphyr::from_str::<Node>(text)
        .map(|node| node.0)
        .map_err(|error| TemplateError::Yaml(first_line(&error.to_string())))
}

/// The parser adds a drawing of the place below its message.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// A YAML node whose tag, if any, has been written out.
struct Node(Value);

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Tagged(Plain(value), tag) = Tagged::<Plain>::deserialize(deserializer)?;
        match tag.as_deref().and_then(|tag| tag.strip_prefix('!')) {
            None => Ok(Self(value)),
            Some("Ref") => Ok(Self(json!({ "Ref": value }))),
            Some("Condition") => Ok(Self(json!({ "Condition": value }))),
            Some("GetAtt") => Ok(Self(json!({ "Fn::GetAtt": attribute(value) }))),
            Some(function) => Ok(Self(json!({ format!("Fn::{function}"): value }))),
        }
    }
}

/// `Resource.Attribute`, the short form's argument, as the pair that the long form has.
fn attribute(value: Value) -> Value {
    match value.as_str().and_then(|text| text.split_once('.')) {
        Some((resource, attribute)) => json!([resource, attribute]),
        None => value,
    }
}

/// A YAML node without its tag.
struct Plain(Value);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlainVisitor).map(Self)
    }
}

struct PlainVisitor;

impl<'de> Visitor<'de> for PlainVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a YAML value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Node(item)) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Node(member))) = access.next_entry::<String, Node>()? {
            members.insert(name, member);
        }
        Ok(Value::Object(members))
    }
}
