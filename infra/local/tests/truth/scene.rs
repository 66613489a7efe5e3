//! The stack that answers first, and the functions as every runner has them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use local::{
    runtime::FunctionOptions,
    stack::{Stack, StackOptions},
};

/// How long the relay goes on, in seconds: on AWS most of a minute, for one answer a moment.
const RELAY_SECONDS: (&str, &str) = ("RELAY_RUN_SECONDS", "1");

/// A stack whose functions are started by events alone.
pub(crate) async fn stack(name: &str) -> Stack {
    let options = StackOptions {
        dir: folder(name),
        durable: false,
        port: 0,
        programs: programs().to_path_buf(),
        triggers: false,
        witnessed: false,
        parameters: BTreeMap::new(),
        progress: |_| {},
    };
    let started = Box::pin(Stack::start(options)).await;
    started.unwrap_or_else(|error| panic!("{error}"))
}

/// How the functions are run, here and everywhere.
pub(crate) fn functions(stack: &Stack) -> Vec<FunctionOptions> {
    let mut functions = stack.functions().to_vec();
    let (name, seconds) = RELAY_SECONDS;
    for function in &mut functions {
        if let Some(value) = function.environment.get_mut(name) {
            seconds.clone_into(value);
        }
    }
    functions
}

/// A folder for what a stack or a runner keeps.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("truth")
        .join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The folder with the functions' programs, beside that of `local`.
fn programs() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_local")).parent().unwrap()
}
