//! Typed access to the properties of a resource, with errors that name resource and property.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{TemplateError, scope::Scope};

/// One evaluated value and the place where it stands in the template.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    resource: String,
    path: String,
    value: Value,
}

impl Reader {
    /// The property `name` of the resource `id`; one that is absent reads as null.
    pub(super) fn property(scope: &Scope<'_>, id: &str, name: &str) -> Result<Self, TemplateError> {
        Self::evaluated(scope, id, name, scope.resources.property(id, name))
    }

    /// As [`Self::property`], and where the resource says nothing, what all functions have.
    pub(super) fn property_or_global(
        scope: &Scope<'_>,
        id: &str,
        name: &str,
    ) -> Result<Self, TemplateError> {
        let own = scope.resources.property(id, name);
        Self::evaluated(scope, id, name, own.or_else(|| global(scope, name)))
    }

    /// The property that all functions have.
    pub(super) fn global(scope: &Scope<'_>, name: &str) -> Result<Self, TemplateError> {
        Self::evaluated(scope, "Globals", name, global(scope, name))
    }

    /// What stands beside the properties of a resource, as its `Metadata`.
    pub(super) fn beside(scope: &Scope<'_>, id: &str, name: &str) -> Result<Self, TemplateError> {
        let whole = scope.resources.whole(id);
        Self::evaluated(scope, id, name, whole.and_then(|whole| whole.get(name)))
    }

    fn evaluated(
        scope: &Scope<'_>,
        id: &str,
        name: &str,
        value: Option<&Value>,
    ) -> Result<Self, TemplateError> {
        let value = match value.map(|value| scope.evaluate(value)).transpose() {
            Ok(value) => value.flatten().unwrap_or_default(),
            Err(unresolved) => return Err(TemplateError::property(id, name, unresolved.0)),
        };
        Ok(Self {
            resource: id.to_owned(),
            path: name.to_owned(),
            value,
        })
    }

    /// The member `name` of a map; null when there is none.
    pub(super) fn get(&self, name: &str) -> Self {
        self.inner(name, self.value.get(name).cloned().unwrap_or_default())
    }

    fn inner(&self, name: &str, value: Value) -> Self {
        Self {
            resource: self.resource.clone(),
            path: format!("{}.{name}", self.path),
            value,
        }
    }

    /// Whether nothing is said here.
    pub(super) fn is_absent(&self) -> bool {
        self.value.is_null()
    }

    /// Whether it is a list.
    pub(super) fn is_list(&self) -> bool {
        self.value.is_array()
    }

    /// A text; numbers and flags count as the text they are written with.
    pub(super) fn text(&self) -> Result<String, TemplateError> {
        match &self.value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(flag) => Ok(flag.to_string()),
            Value::Null => Err(self.error("it is missing")),
            _ => Err(self.error("a text is needed")),
        }
    }

    /// As [`Self::text`], `None` when absent.
    pub(super) fn optional_text(&self) -> Result<Option<String>, TemplateError> {
        (!self.is_absent()).then(|| self.text()).transpose()
    }

    /// A whole number of at least zero, `default` when absent.
    pub(super) fn number_or(&self, default: u32) -> Result<u32, TemplateError> {
        Ok(self.optional_number()?.unwrap_or(default))
    }

    /// A whole number of at least zero, `None` when absent.
    pub(super) fn optional_number(&self) -> Result<Option<u32>, TemplateError> {
        let Some(text) = self.optional_text()? else {
            return Ok(None);
        };
        let parsed = text.parse().map(Some);
        parsed.map_err(|_not_a_number| self.error(&format!("{text:?} is not a whole number")))
    }

    /// A flag, `false` when absent.
    pub(super) fn flag(&self) -> Result<bool, TemplateError> {
        match self.optional_text()?.as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(self.error("true or false is needed")),
        }
    }

    /// The items of a list, none when absent.
    pub(super) fn items(&self) -> Result<Vec<Self>, TemplateError> {
        match &self.value {
            Value::Null => Ok(Vec::new()),
            Value::Array(items) => Ok(items
                .iter()
                .enumerate()
                .map(|(place, item)| self.inner(&place.to_string(), item.clone()))
                .collect()),
            _ => Err(self.error("a list is needed")),
        }
    }

    /// The members of a map, none when absent.
    pub(super) fn members(&self) -> Result<Vec<(String, Self)>, TemplateError> {
        match &self.value {
            Value::Null => Ok(Vec::new()),
            Value::Object(members) => Ok(members
                .iter()
                .map(|(name, member)| (name.clone(), self.inner(name, member.clone())))
                .collect()),
            _ => Err(self.error("a map is needed")),
        }
    }

    /// The members of a map of texts.
    pub(super) fn texts(&self) -> Result<BTreeMap<String, String>, TemplateError> {
        let mut texts = BTreeMap::new();
        for (name, member) in self.members()? {
            texts.insert(name, member.text()?);
        }
        Ok(texts)
    }

    /// The error that says `reason` about this place.
    pub(super) fn error(&self, reason: &str) -> TemplateError {
        TemplateError::property(&self.resource, &self.path, reason)
    }
}

fn global<'v>(scope: &Scope<'v>, name: &str) -> Option<&'v Value> {
    scope.function_globals?.get(name)
}
