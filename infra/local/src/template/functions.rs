//! The functions of a template.

use std::collections::BTreeMap;

use super::{TemplateError, reader::Reader, resources::Resources, scope::Scope};

/// What Lambda takes when the template says nothing, in seconds.
const TIMEOUT_SECONDS_DEFAULT: u32 = 3;
/// The longest time-out that Lambda takes, in seconds.
const TIMEOUT_SECONDS_MAX: u32 = 900;
/// What Lambda takes when the template says nothing, in MiB.
const MEMORY_MIB_DEFAULT: u32 = 128;

/// One Lambda function.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its logical id in the template.
    pub id: String,
    /// Its name in the cloud.
    pub name: String,
    /// The name of the program that serves it.
    pub binary: String,
    /// How long one event may take, in seconds.
    pub timeout_seconds: u32,
    /// Its memory in MiB; told to the function and not enforced here.
    pub memory_mib: u32,
    /// How many events it may work on at the same time, when the template limits that.
    pub reserved_concurrency: Option<u32>,
    /// Its environment variables, evaluated.
    pub environment: BTreeMap<String, String>,
}

pub(super) fn read(scope: &Scope<'_>) -> Result<Vec<Function>, TemplateError> {
    let ids = scope.ids(Resources::FUNCTION)?;
    ids.into_iter().map(|id| function(scope, id)).collect()
}

fn function(scope: &Scope<'_>, id: &str) -> Result<Function, TemplateError> {
    let of = |name| Reader::property_or_global(scope, id, name);
    let timeout = of("Timeout")?;
    let timeout_seconds = timeout.number_or(TIMEOUT_SECONDS_DEFAULT)?;
    if !(1..=TIMEOUT_SECONDS_MAX).contains(&timeout_seconds) {
        return Err(timeout.error(&format!("1 to {TIMEOUT_SECONDS_MAX} seconds are possible")));
    }
    let mut environment = Reader::global(scope, "Environment")?
        .get("Variables")
        .texts()?;
    let own = Reader::property(scope, id, "Environment")?;
    environment.extend(own.get("Variables").texts()?);
    Ok(Function {
        id: id.to_owned(),
        name: scope
            .resource_name(id, 0)
            .map_err(|unresolved| TemplateError::property(id, "FunctionName", unresolved.0))?
            .unwrap_or_default(),
        binary: Reader::beside(scope, id, "Metadata")?
            .get("BuildProperties")
            .get("Binary")
            .text()?,
        timeout_seconds,
        memory_mib: of("MemorySize")?.number_or(MEMORY_MIB_DEFAULT)?,
        reserved_concurrency: of("ReservedConcurrentExecutions")?.optional_number()?,
        environment,
    })
}
