//! The types of reports: what each is called, who may ask for it, and with what.
//!
//! A type is one file and one line of [`TYPES`]. Its parameters are said once: what checks a
//! request and the JSON Schema that callers read are made of the same [`Param`]s. What a type
//! shows is the business of `report-worker`.

use serde_json::{Map, Value, json};
use shared::error::FieldError;
use shared::storage::Format;
use shared::tenant::Role;

mod activity;
mod audit_extract;
mod invoice;
mod params;
mod project_summary;
mod usage_statement;

pub use params::{PERIODS_DAYS, Param, Shape, TITLE_CHARS_MAX};

/// A type of report.
#[derive(Debug, PartialEq, Eq)]
pub struct ReportType {
    /// The word used in tables and on the wire.
    pub name: &'static str,
    /// What a person calls it.
    pub title: &'static str,
    /// What it shows.
    pub description: &'static str,
    /// Who may ask for it, and read it.
    pub role: Role,
    /// What it can be asked with. Nothing is required.
    pub params: &'static [Param],
}

/// All types, in the order of their names.
pub const TYPES: &[ReportType] = &[
    activity::TYPE,
    audit_extract::TYPE,
    invoice::TYPE,
    project_summary::TYPE,
    usage_statement::TYPE,
];

impl ReportType {
    /// The type of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        TYPES.iter().find(|kind| kind.name == name)
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Result<&'static Self, FieldError> {
        Self::find(name).ok_or_else(unknown_type)
    }

    /// The JSON Schema (draft 2020-12) of its parameters.
    pub fn params_schema(&self) -> Value {
        let properties = self.params.iter();
        let properties = properties.map(|param| (param.name.to_owned(), param.schema()));
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.title,
            "type": "object",
            "properties": properties.collect::<Map<_, _>>(),
            "additionalProperties": false,
        })
    }

    /// Checks parameters, and answers with those that were given. Errors name them behind
    /// `prefix`.
    pub fn check(
        &self,
        given: &Map<String, Value>,
        prefix: &str,
    ) -> Result<Value, Vec<FieldError>> {
        let (mut checked, mut errors) = (Map::new(), Vec::new());
        for (name, value) in given {
            let field = format!("{prefix}{name}");
            match self.params.iter().find(|param| param.name == name) {
                Some(param) => match param.check(field, value) {
                    Ok(Some(value)) => drop(checked.insert(name.clone(), value)),
                    Ok(None) => {}
                    Err(error) => errors.push(error),
                },
                None => errors.push(FieldError::new(field, "unknown", "is not known here")),
            }
        }
        match errors.is_empty() {
            true => Ok(Value::Object(checked)),
            false => Err(errors),
        }
    }
}

/// A report to be.
#[derive(Debug, Clone, PartialEq)]
pub struct NewReport {
    /// What it is about.
    pub kind: &'static ReportType,
    /// Its parameters, checked.
    pub params: Value,
    /// The form of its document.
    pub format: Format,
}

impl NewReport {
    /// Checks what a caller of version 2 asks for: any type, in any form.
    pub fn new(
        kind: &str,
        params: &Map<String, Value>,
        format: Option<&str>,
    ) -> Result<Self, Vec<FieldError>> {
        let found = ReportType::parse(kind);
        let format = format.map_or(Ok(Format::default()), read_format);
        match (found, format) {
            (Ok(kind), Ok(format)) => Ok(Self {
                kind,
                params: kind.check(params, "params.")?,
                format,
            }),
            (found, format) => {
                let mut errors: Vec<_> = found.err().into_iter().chain(format.err()).collect();
                if let Some(kind) = ReportType::find(kind) {
                    errors.extend(kind.check(params, "params.").err().into_iter().flatten());
                }
                Err(errors)
            }
        }
    }

    /// Checks what a caller of version 1 asks for: the one type it has, with a title.
    pub fn summary(kind: Option<&str>, title: Option<&str>) -> Result<Self, Vec<FieldError>> {
        let summary = &project_summary::TYPE;
        let title = title.map(|title| ("title".to_owned(), Value::from(title)));
        let params = summary.check(&title.into_iter().collect(), "");
        let known = kind.is_none_or(|kind| kind == summary.name);
        let unknown =
            (!known).then(|| FieldError::new("type", "unknown_value", "must be project_summary"));
        match (params, unknown) {
            (Ok(params), None) => Ok(Self {
                kind: summary,
                params,
                format: Format::Pdf,
            }),
            (params, unknown) => {
                let errors = unknown.into_iter();
                Err(errors.chain(params.err().into_iter().flatten()).collect())
            }
        }
    }
}

fn unknown_type() -> FieldError {
    let names: Vec<_> = TYPES.iter().map(|kind| kind.name).collect();
    let detail = format!("must be one of {}", names.join(", "));
    FieldError::new("type", "unknown_value", detail)
}

fn read_format(word: &str) -> Result<Format, FieldError> {
    Format::parse(word)
        .ok_or_else(|| FieldError::new("format", "unknown_value", "must be pdf or csv"))
}
