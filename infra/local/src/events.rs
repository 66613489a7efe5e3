//! The files in `events/`: what each function receives, which function that is, and the world that
//! they speak of.

mod world;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::Value;

pub use self::world::{World, WorldError};
use crate::{
    project,
    template::{Function, Template},
};

/// Why there are no events to be had; the text is one line.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct EventError {
    /// Which file or folder.
    pub path: PathBuf,
    /// What the system said, or what is wrong with the text.
    pub source: io::Error,
}

/// One file.
#[derive(Debug, Clone)]
pub struct Event {
    /// The file's name without its ending.
    pub name: String,
    /// What the function receives.
    pub payload: Value,
}

impl Event {
    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is no JSON.
    pub fn read(path: &Path) -> Result<Self, EventError> {
        let failed = |source| EventError {
            path: path.to_path_buf(),
            source,
        };
        let text = fs::read(path).map_err(failed)?;
        let name = path.file_stem().unwrap_or_default();
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            payload: serde_json::from_slice(&text).map_err(|error| failed(error.into()))?,
        })
    }

    /// All events of the checkout, by name.
    ///
    /// # Errors
    ///
    /// As [`Self::read`], of the first that fails.
    pub fn all() -> Result<Vec<Self>, EventError> {
        let folder = project::root().join("events");
        let failed = |source| EventError {
            path: folder.clone(),
            source,
        };
        let mut events = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                events.push(Self::read(&path)?);
            }
        }
        events.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(events)
    }

    /// The function that receives it: the one whose program's name the event's name begins with, and
    /// of several the one with the longest.
    pub fn function<'t>(&self, template: &'t Template) -> Option<&'t Function> {
        let begins = |function: &&Function| {
            let rest = self.name.strip_prefix(function.binary.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        let candidates = template.functions.iter().filter(begins);
        candidates.max_by_key(|function| function.binary.len())
    }

    /// Whether it is a request of the HTTP API, which is answered with status, headers and body. An
    /// authorizer's event is about one and is none.
    pub fn is_request(&self) -> bool {
        self.payload.get("routeKey").is_some() && self.payload.get("type").is_none()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::template::Site;

    const TEMPLATE: &str = "
Resources:
  WebhooksFunction:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: webhooks}}
  WebhooksDispatchFunction:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: webhooks-dispatch}}
";

    fn function_of(name: &str) -> Option<String> {
        let site = Site {
            stack: "tests".to_owned(),
            sqs_url: "http://127.0.0.1:1".to_owned(),
        };
        let template = Template::parse(TEMPLATE, &site, &BTreeMap::new()).unwrap();
        let event = Event {
            name: name.to_owned(),
            payload: Value::Null,
        };
        event
            .function(&template)
            .map(|function| function.id.clone())
    }

    #[test]
    fn an_event_belongs_to_the_longest_name_that_it_begins_with() {
        assert_eq!(
            function_of("webhooks-list-endpoints-v2").unwrap(),
            "WebhooksFunction"
        );
        assert_eq!(
            function_of("webhooks-dispatch-events").unwrap(),
            "WebhooksDispatchFunction"
        );
        assert_eq!(function_of("webhooks").unwrap(), "WebhooksFunction");
        assert_eq!(function_of("webhooksy-events"), None);
        assert_eq!(function_of("projects-list-v1"), None);
    }
}
