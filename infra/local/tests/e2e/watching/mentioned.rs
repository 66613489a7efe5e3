//! The metrics and queries that alarms, dashboards and saved queries speak of.

use std::{collections::BTreeMap, fmt};

use serde_json::Value;

use super::documents::{Documents, text_of};

/// The namespace of our own metrics; those of AWS are AWS's.
const NAMESPACE: &str = "Tenantry";

/// A metric, or all with the same dimensions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Metric {
    pub(super) name: String,
    /// Names, and values where they are told.
    pub(super) dimensions: BTreeMap<String, Option<String>>,
    pub(super) unit: Option<String>,
}

impl Metric {
    /// Whether it is `other`, as far as both tell: values are looked at elsewhere.
    pub(super) fn matches(&self, other: &Self) -> bool {
        let is_unit = self.unit.is_none() || other.unit.is_none() || self.unit == other.unit;
        self.name == other.name && is_unit && self.dimensions.keys().eq(other.dimensions.keys())
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dimensions: Vec<&str> = self.dimensions.keys().map(String::as_str).collect();
        let unit = self.unit.as_deref().unwrap_or("any unit");
        write!(f, "{}{{{}}} in {unit}", self.name, dimensions.join(","))
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// What alarms and dashboards look at.
pub(super) fn metrics(documents: &Documents) -> Vec<Metric> {
    let mut metrics = of_alarms(documents);
    for widget in widgets(documents) {
        let listed = widget["metrics"].as_array().cloned().unwrap_or_default();
        metrics.extend(listed.iter().filter_map(of_widget));
    }
    metrics
}

/// What alarms look at, alone or in arithmetic.
pub(super) fn of_alarms(documents: &Documents) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for (_, alarm) in documents.resources("AWS::CloudWatch::Alarm") {
        metrics.extend(of_statistic(alarm, &alarm["Unit"]));
        for part in alarm["Metrics"].as_array().into_iter().flatten() {
            let statistic = &part["MetricStat"];
            metrics.extend(of_statistic(&statistic["Metric"], &statistic["Unit"]));
        }
    }
    metrics
}

fn of_statistic(metric: &Value, unit: &Value) -> Option<Metric> {
    if metric["Namespace"] != NAMESPACE {
        return None;
    }
    let dimensions = metric["Dimensions"].as_array().into_iter().flatten();
    Some(Metric {
        name: text(&metric["MetricName"])?,
        dimensions: dimensions
            .map(|one| (text(&one["Name"]).unwrap(), text(&one["Value"])))
            .collect(),
        unit: text(unit),
    })
}

/// A widget's metric: a list that begins with namespace and name, or an expression.
fn of_widget(metric: &Value) -> Option<Metric> {
    if let Some(expression) = metric[0]["expression"].as_str() {
        return of_search(expression);
    }
    if metric[0] != NAMESPACE {
        return None;
    }
    let texts: Vec<String> = metric.as_array()?.iter().filter_map(text).collect();
    let dimensions = texts[2..].chunks(2);
    Some(Metric {
        name: texts[1].clone(),
        dimensions: dimensions
            .map(|pair| (pair[0].clone(), Some(pair[1].clone())))
            .collect(),
        unit: None,
    })
}

/// `SEARCH('{Namespace,dimension,…} MetricName="…" dimension="…"', …)`.
fn of_search(expression: &str) -> Option<Metric> {
    let (_, search) = expression.split_once("SEARCH('{")?;
    let (schema, rest) = search.split_once('}').unwrap();
    let mut schema = schema.split(',');
    if schema.next() != Some(NAMESPACE) {
        return None;
    }
    let conditions = rest.split('\'').next().unwrap().split_whitespace();
    let conditions = conditions.map(|condition| {
        let (name, value) = condition.split_once('=').unwrap();
        (name.to_owned(), value.trim_matches('"').to_owned())
    });
    let mut conditions: BTreeMap<String, String> = conditions.collect();
    let name = conditions.remove("MetricName").unwrap();
    let mut dimensions: BTreeMap<String, Option<String>> =
        schema.map(|name| (name.to_owned(), None)).collect();
    for (name, value) in conditions {
        match dimensions.get_mut(&name) {
            Some(known) => *known = Some(value),
            // It would find nothing.
            None => drop(dimensions.insert(format!("?{name}"), None)),
        }
    }
    Some(Metric {
        name,
        dimensions,
        unit: None,
    })
}

/// The properties of all widgets.
fn widgets(documents: &Documents) -> Vec<Value> {
    let mut widgets = Vec::new();
    for (_, dashboard) in documents.resources("AWS::CloudWatch::Dashboard") {
        let body: Value = serde_json::from_str(text_of(&dashboard["DashboardBody"])).unwrap();
        let listed = body["widgets"].as_array().unwrap();
        widgets.extend(listed.iter().map(|widget| widget["properties"].clone()));
    }
    widgets
}

/// The queries that are saved, and those of dashboards.
pub(super) fn queries(documents: &Documents) -> Vec<String> {
    let saved = documents
        .resources("AWS::Logs::QueryDefinition")
        .into_iter();
    let saved = saved.map(|(_, query)| text_of(&query["QueryString"]).to_owned());
    let shown = widgets(documents);
    let shown = shown.iter().filter_map(|widget| text(&widget["query"]));
    saved.chain(shown).collect()
}
