//! A template as a document, and places in it.

use std::fs;

use local::{project, template};
use serde_json::Value;

/// The template of the whole.
pub(crate) const PRODUCT: &str = "template.yaml";
/// The type of functions.
pub(crate) const FUNCTION: &str = "AWS::Serverless::Function";
/// The type of nested stacks.
pub(crate) const STACK: &str = "AWS::CloudFormation::Stack";

/// One template.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) text: String,
    pub(crate) value: Value,
}

impl Document {
    /// A file of the checkout.
    pub(crate) fn read(file: &str) -> Self {
        Self::of(fs::read_to_string(project::root().join(file)).unwrap())
    }

    /// The same with `from` replaced by `to` in its first place.
    pub(crate) fn broken(file: &str, from: &str, to: &str) -> Self {
        let text = Self::read(file).text;
        assert!(text.contains(from), "{from} is not in {file}");
        Self::of(text.replacen(from, to, 1))
    }

    fn of(text: String) -> Self {
        let value = template::document(&text).unwrap();
        Self { text, value }
    }

    /// A resource; null when there is none.
    pub(crate) fn resource(&self, id: &str) -> &Value {
        &self.value["Resources"][id]
    }

    /// The properties of a resource.
    pub(crate) fn properties(&self, id: &str) -> &Value {
        &self.resource(id)["Properties"]
    }

    /// Ids and properties of all resources of a type.
    pub(crate) fn of_type(&self, kind: &str) -> Vec<(&str, &Value)> {
        let all = self.value["Resources"].as_object().unwrap();
        all.iter()
            .filter(|(_, resource)| resource["Type"] == kind)
            .map(|(id, resource)| (id.as_str(), &resource["Properties"]))
            .collect()
    }

    /// The program of a function.
    pub(crate) fn binary(&self, id: &str) -> &Value {
        &self.resource(id)["Metadata"]["BuildProperties"]["Binary"]
    }
}

/// A text, or the texts of a list.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    }
}

/// What is wanted of something, and whether it is so: the words of what is not.
pub(crate) fn lacks(who: &str, wanted: &[(&str, bool)]) -> Vec<String> {
    let missing = wanted.iter().filter(|(_, is_so)| !is_so);
    missing.map(|(what, _)| format!("{who}: {what}")).collect()
}

/// Asserts that nothing is missing in the file, and that each break of it is named.
///
/// A break: the text, what takes its place, and the words that are expected then.
pub(crate) fn assert_kept(
    file: &str,
    check: impl Fn(&Document) -> Vec<String>,
    breaks: &[(&str, &str, &str)],
) {
    assert_eq!(check(&Document::read(file)), [""; 0], "{file}");
    for (from, to, expected) in breaks {
        let found = check(&Document::broken(file, from, to));
        assert!(
            found.iter().any(|one| one == expected),
            "{expected:?} is not said of {to:?}, but {found:?}"
        );
    }
}
