//! What the intrinsic functions of a template may refer to.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Site, TemplateError, resources::Resources};

/// Parameters, conditions and resources of one template at one site.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub(super) resources: Resources<'a>,
    pub(super) site: &'a Site,
    /// Lists for the list types, texts for all others.
    pub(super) parameters: BTreeMap<&'a str, Value>,
    pub(super) conditions: Option<&'a Map<String, Value>>,
    /// The defaults of all functions.
    pub(super) function_globals: Option<&'a Value>,
}

impl<'a> Scope<'a> {
    /// The scope of `document` with `overrides` in place of parameters' defaults.
    pub(super) fn new(
        document: &'a Value,
        site: &'a Site,
        overrides: &BTreeMap<String, String>,
    ) -> Result<Self, TemplateError> {
        Ok(Self {
            resources: Resources::of(document)?,
            site,
            parameters: parameters(document, overrides)?,
            conditions: document.get("Conditions").and_then(Value::as_object),
            function_globals: document
                .get("Globals")
                .and_then(|globals| globals.get("Function")),
        })
    }

    /// The ids of a type's resources whose condition holds.
    pub(super) fn ids(&self, kind: &'static str) -> Result<Vec<&'a str>, TemplateError> {
        let mut ids = Vec::new();
        for id in self.resources.of_kind(kind) {
            let condition = self
                .resources
                .whole(id)
                .and_then(|whole| whole.get("Condition"))
                .and_then(Value::as_str);
            let exists = condition
                .map_or(Ok(true), |name| self.holds(name))
                .map_err(|unresolved| TemplateError::property(id, "Condition", unresolved.0))?;
            if exists {
                ids.push(id);
            }
        }
        Ok(ids)
    }
}

fn parameters<'a>(
    document: &'a Value,
    overrides: &BTreeMap<String, String>,
) -> Result<BTreeMap<&'a str, Value>, TemplateError> {
    let declared = document.get("Parameters").and_then(Value::as_object);
    let is_declared = |name: &String| declared.is_some_and(|all| all.contains_key(name));
    if let Some(unknown) = overrides.keys().find(|name| !is_declared(name)) {
        let reason = "the template declares no such parameter";
        return Err(TemplateError::property("Parameters", unknown, reason));
    }
    let mut values = BTreeMap::new();
    for (name, declaration) in declared.into_iter().flatten() {
        let text = match (overrides.get(name), declaration.get("Default")) {
            (Some(text), _) | (None, Some(Value::String(text))) => text.clone(),
            (None, Some(default)) => default.to_string(),
            (None, None) => {
                let reason = "it has no default and no value was given";
                return Err(TemplateError::property("Parameters", name, reason));
            }
        };
        check_allowed(name, declaration, &text)?;
        values.insert(name.as_str(), typed(declaration, text));
    }
    Ok(values)
}

fn check_allowed(name: &str, declaration: &Value, text: &str) -> Result<(), TemplateError> {
    let Some(allowed) = declaration.get("AllowedValues").and_then(Value::as_array) else {
        return Ok(());
    };
    let plain = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    if allowed.iter().map(plain).any(|value| value == text) {
        return Ok(());
    }
    let reason = format!("{text:?} is not among its allowed values");
    Err(TemplateError::property("Parameters", name, reason))
}

fn typed(declaration: &Value, text: String) -> Value {
    let kind = declaration.get("Type").and_then(Value::as_str);
    let is_list =
        kind.is_some_and(|kind| kind == "CommaDelimitedList" || kind.starts_with("List<"));
    if is_list {
        text.split(',')
            .map(|item| Value::from(item.trim()))
            .collect()
    } else {
        Value::String(text)
    }
}
