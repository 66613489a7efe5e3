//! The environment, read once at start. Nothing else reads variables.

use std::str::FromStr;

/// A variable that is missing or does not parse. Names the variable, never its value.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It is not set, or empty.
    #[error("environment variable {0} is not set")]
    Missing(&'static str),
    /// It is set to something that cannot be used.
    #[error("environment variable {name}: {reason}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// A variable that may be absent; an empty one counts as absent.
#[expect(clippy::disallowed_methods, reason = "this module is the one reader")]
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A variable that must be there.
pub fn required(name: &'static str) -> Result<String, ConfigError> {
    optional(name).ok_or(ConfigError::Missing(name))
}

/// A variable of some type, with the value to use when it is absent.
pub fn parsed<T>(name: &'static str, default: T) -> Result<T, ConfigError>
where
    T: FromStr<Err: std::fmt::Display>,
{
    let Some(text) = optional(name) else {
        return Ok(default);
    };
    text.parse().map_err(|error: T::Err| ConfigError::Invalid {
        name,
        reason: error.to_string(),
    })
}
