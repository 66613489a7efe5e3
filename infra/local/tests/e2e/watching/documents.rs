//! The templates of `infra/monitoring` as documents.

use std::{collections::BTreeMap, fs};

use local::{project, template};
use serde_json::Value;

/// All of them by the names of their files.
#[derive(Debug)]
pub(super) struct Documents(BTreeMap<String, (String, Value)>);

impl Documents {
    /// As they are.
    pub(super) fn read() -> Self {
        let infra = project::root().join("infra");
        let nested = fs::read_dir(infra.join("monitoring")).unwrap();
        let nested = nested.map(|entry| entry.unwrap().path());
        let paths = nested.chain([infra.join("monitoring.yaml")]);
        let documents = paths.map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(path).unwrap();
            let document = template::document(&text).unwrap();
            (name, (text, document))
        });
        Self(documents.collect())
    }

    /// With one text in the place of another, everywhere in a file.
    pub(super) fn with(file: &str, right: &str, wrong: &str) -> Self {
        let mut documents = Self::read();
        let entry = documents.0.get_mut(file).unwrap();
        assert!(entry.0.contains(right), "{file} has no {right}");
        entry.0 = entry.0.replace(right, wrong);
        entry.1 = template::document(&entry.0).unwrap();
        documents
    }

    /// The text of a file.
    pub(super) fn text(&self, file: &str) -> &str {
        &self.0[file].0
    }

    /// The names of the files and their documents.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0
            .iter()
            .map(|(name, (_, document))| (name.as_str(), document))
    }

    /// The resources of one type: logical id and properties.
    pub(super) fn resources(&self, kind: &str) -> Vec<(String, &Value)> {
        let resources = self
            .all()
            .filter_map(|(_, document)| document["Resources"].as_object());
        let resources = resources.flatten();
        resources
            .filter(|(_, resource)| resource["Type"] == kind)
            .map(|(id, resource)| (id.clone(), &resource["Properties"]))
            .collect()
    }
}

/// The text of a value that is one, or is put together by `Fn::Sub`.
pub(super) fn text_of(value: &Value) -> &str {
    let text = value.as_str().or_else(|| value["Fn::Sub"].as_str());
    text.or_else(|| value["Fn::Sub"][0].as_str()).unwrap()
}
