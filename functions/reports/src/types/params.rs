//! What a type of report can be asked with: one definition for the check and for the JSON Schema.

use serde_json::{Value, json};
use shared::error::FieldError;
use shared::text;

/// The longest title, in characters.
pub const TITLE_CHARS_MAX: usize = 120;

/// The periods of days, all within the time that events are kept.
pub const PERIODS_DAYS: &[&str] = &["last_7_days", "last_30_days", "last_90_days"];
/// The periods of months that are counted from the order.
const PERIODS_MONTHS: &[&str] = &["this_month", "last_month"];

/// A parameter.
#[derive(Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it does, and what holds without it.
    pub description: &'static str,
    /// What it can be.
    pub shape: Shape,
}

/// What a parameter can be: a text of one of these shapes, or null, which is as good as absent.
#[derive(Debug, PartialEq, Eq)]
pub enum Shape {
    /// A line of at most so many characters; white space around it does not count.
    Line(usize),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A period: one of these words, `this_month`, `last_month` or, if so, a month such as
    /// `2026-11`.
    Period {
        /// Periods of days.
        days: &'static [&'static str],
        /// Whether a month can be named.
        months: bool,
    },
}

impl Param {
    /// The title, which every type has.
    pub const TITLE: Self = Self {
        name: "title",
        description: "What stands at the head of the document.",
        shape: Shape::Line(TITLE_CHARS_MAX),
    };

    /// Its JSON Schema.
    pub(super) fn schema(&self) -> Value {
        let mut schema = match self.shape {
            Shape::Line(chars_max) => json!({
                "type": ["string", "null"],
                "pattern": line_pattern(chars_max),
            }),
            Shape::Word(words) => json!({ "enum": or_null(words) }),
            Shape::Period { days, months } => {
                let words = or_null(&[PERIODS_MONTHS, days].concat());
                match months {
                    true => json!({
                        "anyOf": [
                            { "enum": words },
                            { "type": "string", "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])$" },
                        ],
                    }),
                    false => json!({ "enum": words }),
                }
            }
        };
        if let Some(members) = schema.as_object_mut() {
            members.insert("description".to_owned(), self.description.into());
        }
        schema
    }

    /// Checks a value; `None` for null.
    pub(super) fn check(&self, field: String, value: &Value) -> Result<Option<Value>, FieldError> {
        let text = match value {
            Value::Null => return Ok(None),
            Value::String(text) => text,
            _ => return Err(FieldError::new(field, "malformed", "must be a text")),
        };
        match self.shape {
            Shape::Line(chars_max) => {
                let line = text::line(self.name, text, chars_max);
                let named = |error| FieldError {
                    field: field.into(),
                    ..error
                };
                line.map(Value::from).map(Some).map_err(named)
            }
            Shape::Word(words) => one_of(field, text, words, false),
            Shape::Period { days, months } => {
                one_of(field, text, &[PERIODS_MONTHS, days].concat(), months)
            }
        }
    }
}

fn one_of(
    field: String,
    text: &str,
    words: &[&str],
    months: bool,
) -> Result<Option<Value>, FieldError> {
    if words.contains(&text) || (months && is_month(text)) {
        return Ok(Some(text.into()));
    }
    let month = if months {
        ", or a month such as 2026-11"
    } else {
        ""
    };
    let detail = format!("must be one of {}{month}", words.join(", "));
    Err(FieldError::new(field, "unknown_value", detail))
}

/// A month of this century.
fn is_month(text: &str) -> bool {
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    let year_and_month = text
        .strip_prefix("20")
        .and_then(|rest| rest.split_once('-'));
    year_and_month.is_some_and(|(year, month)| {
        digits(year) && digits(month) && ("01"..="12").contains(&month)
    })
}

/// One line, as `shared::text::line` reads it: something that is not white space at both ends, no
/// control character between them, and any white space around.
fn line_pattern(chars_max: usize) -> String {
    let between = chars_max.saturating_sub(2);
    format!(r"^\s*[^\s\p{{Cc}}]([^\p{{Cc}}]{{0,{between}}}[^\s\p{{Cc}}])?\s*$")
}

fn or_null(words: &[&str]) -> Vec<Value> {
    let words = words.iter().map(|word| Value::from(*word));
    words.chain([Value::Null]).collect()
}
