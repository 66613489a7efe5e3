//! What the roles of a template's functions allow.
//!
//! Only as much of a policy is understood as the product's template says: allowing statements of a
//! role's own policies, and `StringLike` with the keys of a call.

use std::collections::BTreeMap;
use std::path::Path;

use super::{
    Site, TemplateError, document, reader::Reader, resources::Resources, scope::Scope, text_of,
};
use crate::aws::Call;

/// One allowing statement of a role.
#[derive(Debug, Clone)]
pub struct Permission {
    /// What the statement is called.
    pub sid: String,
    /// The actions, as `sqs:SendMessage`.
    pub actions: Vec<String>,
    /// The resources, as ARNs in which `*` stands for anything.
    pub resources: Vec<String>,
    /// What a call's keys must be like, as `s3:prefix`.
    pub conditions: BTreeMap<String, String>,
}

impl Permission {
    /// Whether the statement allows `call`.
    pub fn allows(&self, call: &Call) -> bool {
        self.actions.contains(&call.action)
            && self
                .resources
                .iter()
                .any(|one| is_like(&call.resource, one))
            && self.conditions.iter().all(|(key, pattern)| {
                (call.keys.get(key)).is_some_and(|value| is_like(value, pattern))
            })
    }
}

/// The permissions of all functions of the template in `path`, by the functions' logical ids.
///
/// # Errors
///
/// See [`TemplateError`]; a function without a role of its own is one.
pub fn permissions(
    path: &Path,
    site: &Site,
) -> Result<BTreeMap<String, Vec<Permission>>, TemplateError> {
    permissions_in(&text_of(path)?, site)
}

/// As [`permissions`], from the template's text.
///
/// # Errors
///
/// See [`permissions`].
pub fn permissions_in(
    text: &str,
    site: &Site,
) -> Result<BTreeMap<String, Vec<Permission>>, TemplateError> {
    let document = document::parse(text)?;
    let scope = Scope::new(&document, site, &BTreeMap::new())?;
    let mut all = BTreeMap::new();
    for id in scope.ids(Resources::FUNCTION)? {
        all.insert(id.to_owned(), of_role(&scope, role_of(&scope, id)?)?);
    }
    Ok(all)
}

/// The role that a function names by its ARN.
fn role_of<'a>(scope: &Scope<'a>, id: &str) -> Result<&'a str, TemplateError> {
    scope
        .resources
        .property(id, "Role")
        .and_then(|role| role.get("Fn::GetAtt")?.get(0)?.as_str())
        .ok_or_else(|| TemplateError::property(id, "Role", "a role of this template is needed"))
}

fn of_role(scope: &Scope<'_>, role: &str) -> Result<Vec<Permission>, TemplateError> {
    let mut permissions = Vec::new();
    for policy in Reader::property(scope, role, "Policies")?.items()? {
        for statement in policy.get("PolicyDocument").get("Statement").items()? {
            let effect = statement.get("Effect");
            if effect.text()? != "Allow" {
                return Err(effect.error("only Allow is understood"));
            }
            let mut conditions = BTreeMap::new();
            for (operator, keys) in statement.get("Condition").members()? {
                // A key of the encryption's, which no call here has, is the service's own to check.
                if operator == "StringLike" {
                    conditions.extend(keys.texts()?);
                }
            }
            permissions.push(Permission {
                sid: statement.get("Sid").text()?,
                actions: one_or_more(&statement.get("Action"))?,
                resources: one_or_more(&statement.get("Resource"))?,
                conditions,
            });
        }
    }
    Ok(permissions)
}

/// A text, or the texts of a list.
fn one_or_more(reader: &Reader) -> Result<Vec<String>, TemplateError> {
    if reader.is_list() {
        reader.items()?.iter().map(Reader::text).collect()
    } else {
        Ok(vec![reader.text()?])
    }
}

/// Whether `text` is like `pattern`, in which `*` stands for any text.
fn is_like(text: &str, pattern: &str) -> bool {
    let Some((first, others)) = pattern.split_once('*') else {
        return text == pattern;
    };
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let (middle, last) = others.rsplit_once('*').unwrap_or(("", others));
    for part in middle.split('*') {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_and_nothing_else_does() {
        for (text, pattern, expected) in [
            ("a/b", "a/b", true),
            ("a/bc", "a/b", false),
            ("a/b", "a/*", true),
            ("b/a/b", "a/*", false),
            ("a/1/x/2", "a/*/x/*", true),
            ("a/1/y/2", "a/*/x/*", false),
            ("a/x/x", "a/*x", true),
            ("a/x/y", "a/*x", false),
            ("xababa", "x*aba", true),
        ] {
            assert_eq!(is_like(text, pattern), expected, "{text} {pattern}");
        }
    }
}
