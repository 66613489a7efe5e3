//! A rule: whose lines count, and how much.

use serde::Deserialize;
use serde_json::Value;

use super::InsightsError;
use crate::template;

const RESOURCE: &str = "AWS::CloudWatch::InsightRule";

/// A rule of the schema `CloudWatchLogRule`, version 1, over JSON lines.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its logical id.
    pub id: String,
    contribution: Contribution,
    aggregate: Aggregate,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    contribution: Contribution,
    aggregate_on: Aggregate,
}

/// An operator that is not among these is refused, where it would be passed over otherwise.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Contribution {
    keys: Vec<String>,
    value_of: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    #[serde(rename = "Match")]
    field: String,
    #[serde(rename = "In")]
    among: Option<Vec<String>>,
    not_in: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Aggregate {
    Count,
    Sum,
}

impl Rule {
    /// The rules in the text of a template.
    ///
    /// # Errors
    ///
    /// See [`InsightsError`].
    pub fn all(template: &str) -> Result<Vec<Self>, InsightsError> {
        let document = template::document(template)?;
        let resources = document.get("Resources").and_then(Value::as_object);
        let resources = resources.into_iter().flatten();
        resources
            .filter(|(_, resource)| resource.get("Type").is_some_and(|kind| kind == RESOURCE))
            .map(|(id, resource)| Self::read(id, resource.pointer("/Properties/RuleBody")))
            .collect()
    }

    /// The body is the text of a JSON document, in which the deployment puts the log groups.
    fn read(id: &str, body: Option<&Value>) -> Result<Self, InsightsError> {
        let error = |reason: String| InsightsError::Rule {
            rule: id.to_owned(),
            reason,
        };
        let body = body.map(|body| body.pointer("/Fn::Sub/0").unwrap_or(body));
        let text = body.and_then(Value::as_str);
        let text = text.ok_or_else(|| error("its body is no text".to_owned()))?;
        let body: Body = serde_json::from_str(text).map_err(|cause| error(cause.to_string()))?;
        let sums = body.aggregate_on == Aggregate::Sum;
        if sums != body.contribution.value_of.is_some() {
            return Err(error("a sum has a value, and a count has none".to_owned()));
        }
        Ok(Self {
            id: id.to_owned(),
            contribution: body.contribution,
            aggregate: body.aggregate_on,
        })
    }

    /// Every field that the rule reads, as `tenant.id`.
    pub fn fields(&self) -> Vec<&str> {
        let Contribution {
            keys,
            value_of,
            filters,
        } = &self.contribution;
        let matched = filters.iter().map(|filter| &filter.field);
        let all = keys.iter().chain(value_of).chain(matched);
        all.map(|path| path.trim_start_matches("$.")).collect()
    }

    /// The field that is summed up; `None` where lines are counted.
    pub fn value_of(&self) -> Option<&str> {
        let path = self.contribution.value_of.as_deref()?;
        Some(path.trim_start_matches("$."))
    }

    /// Who contributes with a line, and how much; `None` where nobody does.
    pub(super) fn contribution(&self, line: &Value) -> Option<(Vec<String>, f64)> {
        let Contribution { keys, filters, .. } = &self.contribution;
        if !filters.iter().all(|filter| filter.passes(line)) {
            return None;
        }
        let keys: Option<Vec<String>> = keys.iter().map(|key| text(at(line, key)?)).collect();
        let value = match (self.aggregate, &self.contribution.value_of) {
            (Aggregate::Sum, Some(path)) => at(line, path)?.as_f64()?,
            _ => 1.0,
        };
        Some((keys?, value))
    }
}

impl Filter {
    /// A line without the field passes no filter.
    fn passes(&self, line: &Value) -> bool {
        let Some(found) = at(line, &self.field).and_then(text) else {
            return false;
        };
        let is_among = self.among.as_ref().is_none_or(|all| all.contains(&found));
        let is_out = self.not_in.as_ref().is_none_or(|all| !all.contains(&found));
        is_among && is_out
    }
}

/// What is at a path such as `$.tenant.id`.
fn at<'a>(line: &'a Value, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    if names.next() != Some("$") {
        return None;
    }
    names.try_fold(line, |value, name| value.get(name))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
