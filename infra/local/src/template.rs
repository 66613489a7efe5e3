//! The SAM template as the local stack needs it: what to run, what to route, what to provide.
//!
//! [`Template::read`] takes the file apart and evaluates what it uses of it; what the local stack
//! has no use for (alarms, networks) is left alone. [`provision`] makes the stores, and
//! [`permissions()`] says what each function may call.

mod api;
mod conditions;
mod document;
mod functions;
mod intrinsics;
mod permissions;
pub mod provision;
mod reader;
mod resources;
mod scope;
mod site;
mod stores;
mod triggers;

use std::{collections::BTreeMap, io, path::Path, path::PathBuf};

pub use api::{Api, Authorizer, Route, Stage};
pub use functions::Function;
pub use permissions::{Permission, permissions, permissions_in};
pub use site::{API_ID, Site, function_arn, queue_arn};
pub use stores::{Bucket, Queue, Redrive, Table};
pub use triggers::{QueueTrigger, Schedule};

use serde_json::Value;

use self::scope::Scope;

/// Why a template cannot be used; each text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The text is not a template.
    #[error("the template cannot be read: {0}")]
    Yaml(String),
    /// A property is missing, wrong, or beyond what the local stack can do.
    #[error("{resource}.{property}: {reason}")]
    Property {
        /// Logical id of the resource, or the section's name.
        resource: String,
        /// Path of the property inside it.
        property: String,
        /// What is wrong.
        reason: String,
    },
}

impl TemplateError {
    fn property(resource: &str, property: &str, reason: impl Into<String>) -> Self {
        Self::Property {
            resource: resource.to_owned(),
            property: property.to_owned(),
            reason: reason.into(),
        }
    }
}

/// The text of a template as JSON, with every intrinsic function in its long form: `!Ref x` is
/// `{"Ref": "x"}`.
///
/// # Errors
///
/// [`TemplateError::Yaml`].
pub fn document(text: &str) -> Result<Value, TemplateError> {
    document::parse(text)
}

/// One template at one [`Site`], all values evaluated.
#[derive(Debug, Clone)]
pub struct Template {
    /// What it was read with in place of parameters' defaults.
    pub parameters: BTreeMap<String, String>,
    /// The functions.
    pub functions: Vec<Function>,
    /// The HTTP API.
    pub api: Api,
    /// Which queue feeds which function.
    pub queue_triggers: Vec<QueueTrigger>,
    /// Which function runs by the clock.
    pub schedules: Vec<Schedule>,
    /// The queues.
    pub queues: Vec<Queue>,
    /// The tables.
    pub tables: Vec<Table>,
    /// The buckets.
    pub buckets: Vec<Bucket>,
}

impl Template {
    /// Reads the template in `path`, with `parameters` in place of parameters' defaults.
    ///
    /// # Errors
    ///
    /// See [`TemplateError`].
    pub fn read(
        path: &Path,
        site: &Site,
        parameters: &BTreeMap<String, String>,
    ) -> Result<Self, TemplateError> {
        Self::parse(&text_of(path)?, site, parameters)
    }

    /// As [`Self::read`], from the template's text.
    ///
    /// # Errors
    ///
    /// See [`TemplateError`].
    pub fn parse(
        text: &str,
        site: &Site,
        parameters: &BTreeMap<String, String>,
    ) -> Result<Self, TemplateError> {
        let document = document::parse(text)?;
        let scope = Scope::new(&document, site, parameters)?;
        let functions = functions::read(&scope)?;
        let queues = stores::queues(&scope)?;
        Ok(Self {
            parameters: parameters.clone(),
            api: api::read(&scope)?,
            queue_triggers: triggers::queue_triggers(&scope, &queues)?,
            schedules: triggers::schedules(&scope)?,
            tables: stores::tables(&scope)?,
            buckets: stores::buckets(&scope)?,
            functions,
            queues,
        })
    }

    /// The function with a logical id.
    pub fn function(&self, id: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.id == id)
    }

    /// The queue with a logical id.
    pub fn queue(&self, id: &str) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.id == id)
    }
}

fn text_of(path: &Path) -> Result<String, TemplateError> {
    std::fs::read_to_string(path).map_err(|source| TemplateError::File {
        path: path.to_path_buf(),
        source,
    })
}
