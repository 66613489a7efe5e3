//! How one function is to run on this machine.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use super::environment::{self, Overrides};
use crate::template;

/// How many instances a function may have when the template does not limit it.
///
/// Lambda would start a thousand; more than a few per core only make each other slow here.
pub const INSTANCES_MAX_DEFAULT: usize = 8;
/// How long an instance that is not the only one waits for an event before it ends.
pub const IDLE_WAIT_DEFAULT: Duration = Duration::from_mins(1);

/// What has to be known of a function to run it.
#[derive(Debug, Clone)]
pub struct FunctionOptions {
    /// Its logical id, by which it is invoked.
    pub id: String,
    /// The name that it is told to have.
    pub name: String,
    /// The program that serves it.
    pub program: PathBuf,
    /// How long one event may take.
    pub timeout: Duration,
    /// The memory that it is told to have, in MiB.
    pub memory_mib: u32,
    /// How many instances it may have at the same time.
    pub instances_max: usize,
    /// How long an instance that is not the only one waits for an event before it ends.
    pub idle_wait: Duration,
    /// Its own environment variables.
    pub environment: BTreeMap<String, String>,
}

impl FunctionOptions {
    /// The options of a template's function whose program is in the folder `programs`.
    pub fn of(function: &template::Function, programs: &Path, overrides: &Overrides) -> Self {
        let mut environment = overrides.apply(&function.environment);
        environment::own_credentials(&mut environment, &function.id);
        let reserved = function.reserved_concurrency.map(|count| count as usize);
        Self {
            id: function.id.clone(),
            name: function.name.clone(),
            program: programs.join(&function.binary),
            timeout: Duration::from_secs(function.timeout_seconds.into()),
            memory_mib: function.memory_mib,
            instances_max: reserved
                .unwrap_or(INSTANCES_MAX_DEFAULT)
                .min(INSTANCES_MAX_DEFAULT),
            idle_wait: IDLE_WAIT_DEFAULT,
            environment,
        }
    }

    /// All environment variables of the instance with this number, whose Runtime API is at
    /// `runtime_api`.
    pub fn instance_environment(
        &self,
        runtime_api: &str,
        instance: u32,
    ) -> BTreeMap<String, String> {
        environment::of_instance(self, runtime_api, instance)
    }

    /// The options of all functions of a template.
    pub fn all(template: &template::Template, programs: &Path, overrides: &Overrides) -> Vec<Self> {
        let functions = template.functions.iter();
        functions
            .map(|function| Self::of(function, programs, overrides))
            .collect()
    }
}
