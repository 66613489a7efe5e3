//! Texts that callers send: trimmed, bounded, free of control characters.

use crate::error::FieldError;

/// Reads a single line of text: a name, a title.
///
/// White space around it is dropped. It must then have 1 to `chars_max` characters, none of them a
/// control character: PostgreSQL refuses NUL, and a line break in a name breaks every list.
pub fn line(field: &'static str, text: &str, chars_max: usize) -> Result<String, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(FieldError::new(field, "required", "must not be empty"));
    }
    bounded(field, text, chars_max, char::is_control)
}

/// Reads a longer text that may be empty and may have line breaks and tabs.
pub fn block(field: &'static str, text: &str, chars_max: usize) -> Result<String, FieldError> {
    bounded(field, text.trim_end(), chars_max, |c| {
        c.is_control() && !matches!(c, '\n' | '\r' | '\t')
    })
}

fn bounded(
    field: &'static str,
    text: &str,
    chars_max: usize,
    refused: impl Fn(char) -> bool,
) -> Result<String, FieldError> {
    if text.chars().count() > chars_max {
        let detail = format!("must have at most {chars_max} characters");
        return Err(FieldError::new(field, "too_long", detail));
    }
    if text.chars().any(refused) {
        return Err(FieldError::new(
            field,
            "control_character",
            "must not contain control characters",
        ));
    }
    Ok(text.to_owned())
}
