//! Evaluates the intrinsic functions of a template against a [`Scope`].

use serde_json::{Map, Value};

use super::scope::Scope;

/// How deep values and references may nest; a template that goes deeper refers to itself.
const DEPTH_MAX: usize = 32;

/// Why a value cannot be had on this machine.
#[derive(Debug)]
pub(super) struct Unresolved(pub(super) String);

impl Unresolved {
    fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

type Evaluated = Result<Option<Value>, Unresolved>;

impl Scope<'_> {
    /// The value with all functions in it evaluated; `None` stands for `AWS::NoValue`.
    pub(super) fn evaluate(&self, value: &Value) -> Evaluated {
        self.evaluate_at(value, 0)
    }

    /// Whether the condition `name` holds.
    pub(super) fn holds(&self, name: &str) -> Result<bool, Unresolved> {
        self.holds_at(name, 0)
    }

    pub(super) fn evaluate_at(&self, value: &Value, depth: usize) -> Evaluated {
        if depth > DEPTH_MAX {
            return Err(Unresolved::new(format!(
                "it nests deeper than {DEPTH_MAX} levels"
            )));
        }
        match value {
            Value::Array(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.extend(self.evaluate_at(item, depth + 1)?);
                }
                Ok(Some(Value::Array(values)))
            }
            Value::Object(members) => match intrinsic(members) {
                Some((function, argument)) => self.call(function, argument, depth + 1),
                None => self.evaluate_members(members, depth + 1),
            },
            plain => Ok(Some(plain.clone())),
        }
    }

    fn evaluate_members(&self, members: &Map<String, Value>, depth: usize) -> Evaluated {
        let mut values = Map::new();
        for (name, member) in members {
            if let Some(value) = self.evaluate_at(member, depth)? {
                values.insert(name.clone(), value);
            }
        }
        Ok(Some(Value::Object(values)))
    }

    fn call(&self, function: &str, argument: &Value, depth: usize) -> Evaluated {
        match function {
            "Ref" => match argument.as_str() {
                Some("AWS::NoValue") => Ok(None),
                Some(name) => self.reference(name, depth).map(Some),
                None => Err(Unresolved::new("!Ref takes a name")),
            },
            "Fn::GetAtt" => self.get_att(argument, depth).map(Some),
            "Fn::Sub" => self.sub(argument, depth).map(Value::String).map(Some),
            "Fn::If" => match Self::arguments(argument)? {
                [Value::String(name), then, _] if self.holds_at(name, depth)? => {
                    self.evaluate_at(then, depth)
                }
                [Value::String(_), _, otherwise] => self.evaluate_at(otherwise, depth),
                _ => Err(Unresolved::new(
                    "!If takes a condition's name and two values",
                )),
            },
            "Fn::Join" => match Self::arguments(argument)? {
                [Value::String(glue), list] => {
                    let texts = self.texts(list, depth)?;
                    Ok(Some(Value::String(texts.join(glue))))
                }
                _ => Err(Unresolved::new("!Join takes a text and a list")),
            },
            "Fn::Split" => match Self::arguments(argument)? {
                [Value::String(separator), text] if !separator.is_empty() => {
                    let text = self.text(text, depth)?;
                    Ok(Some(
                        text.split(separator.as_str()).map(Value::from).collect(),
                    ))
                }
                _ => Err(Unresolved::new("!Split takes a separator and a text")),
            },
            "Fn::Select" => self.select(argument, depth).map(Some),
            "Fn::Equals" | "Fn::Not" | "Fn::And" | "Fn::Or" => self
                .condition(function, argument, depth)
                .map(Value::Bool)
                .map(Some),
            other => {
                let short = other.trim_start_matches("Fn::");
                Err(Unresolved::new(format!(
                    "the local stack does not know !{short}"
                )))
            }
        }
    }

    pub(super) fn arguments(argument: &Value) -> Result<&[Value], Unresolved> {
        argument
            .as_array()
            .map(Vec::as_slice)
            .ok_or_else(|| Unresolved::new("an intrinsic function takes a list here"))
    }

    fn reference(&self, name: &str, depth: usize) -> Result<Value, Unresolved> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(value.clone());
        }
        if let Some(value) = self.site.pseudo_parameter(name) {
            return Ok(Value::String(value));
        }
        self.resource_reference(name, depth)?
            .map(Value::String)
            .ok_or_else(|| Unresolved::new(format!("{name} has no value on this machine")))
    }

    fn get_att(&self, argument: &Value, depth: usize) -> Result<Value, Unresolved> {
        match Self::arguments(argument)? {
            [Value::String(resource), Value::String(attribute)] => self
                .attribute(resource, attribute, depth)
                .map(Value::String),
            _ => Err(Unresolved::new("!GetAtt takes Resource.Attribute")),
        }
    }

    fn attribute(&self, id: &str, attribute: &str, depth: usize) -> Result<String, Unresolved> {
        self.resource_attribute(id, attribute, depth)?
            .ok_or_else(|| {
                Unresolved::new(format!("{id}.{attribute} has no value on this machine"))
            })
    }

    fn select(&self, argument: &Value, depth: usize) -> Result<Value, Unresolved> {
        let [place, list] = Self::arguments(argument)? else {
            return Err(Unresolved::new("!Select takes a place and a list"));
        };
        let place = self.text(place, depth)?;
        let list = self.evaluate_at(list, depth)?.unwrap_or_default();
        place
            .parse::<usize>()
            .ok()
            .and_then(|place| list.get(place).cloned())
            .ok_or_else(|| Unresolved::new(format!("!Select finds nothing at {place}")))
    }

    fn sub(&self, argument: &Value, depth: usize) -> Result<String, Unresolved> {
        let (pattern, own) = match argument {
            Value::String(pattern) => (pattern, None),
            Value::Array(items) => match items.as_slice() {
                [Value::String(pattern), Value::Object(own)] => (pattern, Some(own)),
                _ => return Err(Unresolved::new("!Sub takes a text and a map")),
            },
            _ => return Err(Unresolved::new("!Sub takes a text")),
        };
        let mut text = String::new();
        let mut rest = pattern.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            text.push_str(before);
            let Some((name, behind)) = after.split_once('}') else {
                return Err(Unresolved::new("!Sub has a ${ without its }"));
            };
            if let Some(literal) = name.strip_prefix('!') {
                text.push_str("${");
                text.push_str(literal);
                text.push('}');
            } else if let Some(value) = own.and_then(|own| own.get(name)) {
                text.push_str(&self.text(value, depth)?);
            } else if let Some((resource, attribute)) = name.split_once('.') {
                text.push_str(&self.attribute(resource, attribute, depth)?);
            } else {
                text.push_str(&plain_text(&self.reference(name, depth)?)?);
            }
            rest = behind;
        }
        text.push_str(rest);
        Ok(text)
    }

    pub(super) fn text(&self, value: &Value, depth: usize) -> Result<String, Unresolved> {
        plain_text(&self.evaluate_at(value, depth)?.unwrap_or_default())
    }

    fn texts(&self, list: &Value, depth: usize) -> Result<Vec<String>, Unresolved> {
        match self.evaluate_at(list, depth)? {
            Some(Value::Array(items)) => items.iter().map(plain_text).collect(),
            _ => Err(Unresolved::new("a list is needed here")),
        }
    }
}

/// The function that a map with a single member stands for.
fn intrinsic(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = members.iter().next()?;
    let is_function = name == "Ref" || name.starts_with("Fn::");
    (is_function && members.len() == 1).then_some((name.as_str(), argument))
}

/// A scalar as CloudFormation puts it into a text.
fn plain_text(value: &Value) -> Result<String, Unresolved> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        _ => Err(Unresolved::new("a text is needed here")),
    }
}
