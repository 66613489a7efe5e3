//! `sam local` on a running stack: the same functions in the containers of the AWS SAM CLI.
//!
//! Nothing is compiled again and nothing is written twice: the functions are the programs of this
//! build, each in a folder of its own under the name that Lambda starts, and the template is derived
//! from `template.yaml`. The containers reach the stack's services through the host's address on
//! Docker's bridge, where doors lead to them.
//!
//! See <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/using-sam-cli-local.html>.

pub mod api;
mod bridge;
mod derived;
mod doors;
pub mod invoke;
mod server;

use std::{
    env, fs, io,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::Value;
use tokio::process::Command;

pub use self::server::Server;
use self::{bridge::Bridge, derived::Code, doors::Doors};
use crate::{
    aws::{ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY},
    events::{EventError, WorldError},
    project,
    runtime::FunctionOptions,
    stack::{Stack, StackError},
    template::{self, TemplateError},
};

/// The image that functions run in, as `infra/sam/base-image.sh` makes it of this machine's files.
const IMAGE: &str = "tenantry/lambda:local";
/// Where `make` installs the SAM CLI, in the checkout.
const PROGRAM: &str = ".local/tools/sam/bin/sam";
/// A container's loopback is its own, so a sender in it calls no receiver on this machine, and refuses
/// to start when it is told to.
const WEBHOOK_TARGETS: (&str, &str) = ("WEBHOOK_TARGETS", "public");
/// What the SAM CLI and Docker's client may need of a person's environment. Of a variable that a
/// function has too, `sam local` would take the person's value, so all others stay outside.
const KEPT_VARIABLES: [&str; 7] = [
    "DOCKER_CERT_PATH",
    "DOCKER_CONFIG",
    "DOCKER_CONTEXT",
    "DOCKER_HOST",
    "DOCKER_TLS_VERIFY",
    "HOME",
    "PATH",
];

/// Why there is no `sam local`; each text is one line and names the cure where there is one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SamError {
    /// The stack did not start or stop.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The template cannot be used.
    #[error("template.yaml: {0}")]
    Template(#[from] TemplateError),
    /// There is no such event.
    #[error(transparent)]
    Event(#[from] EventError),
    /// No function has a name that the event's begins with.
    #[error("no function receives an event called {0}")]
    Nobodys(String),
    /// The events' tenant could not be made.
    #[error(transparent)]
    World(#[from] WorldError),
    /// Docker has no bridge that this machine has an address on.
    #[error("Docker's bridge cannot be used: {0}")]
    Bridge(String),
    /// The SAM CLI is not installed.
    #[error("there is no {}; run: make {PROGRAM}", .0.display())]
    NotInstalled(PathBuf),
    /// It did not begin to serve.
    #[error("sam {command} {reason}; see {}", log.display())]
    NotReady {
        /// What it was to do.
        command: &'static str,
        /// What it did instead.
        reason: String,
        /// What it said.
        log: PathBuf,
    },
    /// A file could not be used.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A process could not be started or signalled.
    #[error("process control failed: {0}")]
    Process(io::Error),
}

impl SamError {
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

/// A stack made ready for `sam local`. Its services can be reached from containers while this is
/// there.
#[derive(Debug)]
pub struct Sam {
    dir: PathBuf,
    _doors: Doors,
}

impl Sam {
    /// Its folder in that of the stack.
    pub const FOLDER: &str = "sam";

    /// Writes the template and the functions' folders below `dir`, and opens the doors.
    ///
    /// # Errors
    ///
    /// A file cannot be written, or Docker's bridge has no address here.
    pub async fn prepare(
        stack: &Stack,
        functions: &[FunctionOptions],
        dir: PathBuf,
    ) -> Result<Self, SamError> {
        let program = project::root().join(PROGRAM);
        if !program.is_file() {
            return Err(SamError::NotInstalled(program));
        }
        let bridge = Bridge::find().await?;
        let ports = stack.ports();
        let doors = Doors::open(bridge.address(), &ports).await;
        let doors = doors.map_err(|error| SamError::Bridge(error.to_string()))?;
        let mut codes = Vec::new();
        for function in functions {
            codes.push(Code {
                folder: lay_out(&dir, function)?,
                function: reached_through(function, bridge.address(), &ports),
            });
        }
        let path = project::root().join("template.yaml");
        let text = fs::read_to_string(&path).map_err(SamError::file(path))?;
        let document = template::document(&text)?;
        let derived = derived::derive(&document, stack.template(), &codes);
        write(&dir.join("template.json"), &derived)?;
        Ok(Self { dir, _doors: doors })
    }

    /// `sam local` with `words` behind it, as far as all its commands have them in common.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(project::root().join(PROGRAM));
        let kept = KEPT_VARIABLES.iter();
        let kept = kept.filter_map(|name| Some((name, env::var_os(name)?)));
        command
            .arg("local")
            .args(words)
            .arg("--template")
            .arg(self.dir.join("template.json"))
            // Nothing is asked of a registry: the image is made here.
            .args(["--skip-pull-image", "--invoke-image", IMAGE])
            .args(["--region", REGION])
            .current_dir(&self.dir)
            .env_clear()
            .envs(kept)
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
            .env("SAM_CLI_TELEMETRY", "0")
            .stdin(Stdio::null());
        command
    }

    /// The folder of the template, the functions and the logs.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

/// Puts a function's program where `sam local` mounts it from: a folder of its own, in which it has
/// the name that Lambda starts.
fn lay_out(dir: &Path, function: &FunctionOptions) -> Result<PathBuf, SamError> {
    let folder = dir.join("functions").join(&function.id);
    fs::create_dir_all(&folder).map_err(SamError::file(&folder))?;
    let bootstrap = folder.join("bootstrap");
    match fs::remove_file(&bootstrap) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(SamError::file(bootstrap)(error));
        }
        _ => {}
    }
    // A second name for the same file takes no room, but cannot be on another file system.
    fs::hard_link(&function.program, &bootstrap)
        .or_else(|_elsewhere| fs::copy(&function.program, &bootstrap).map(drop))
        .map_err(SamError::file(&function.program))?;
    Ok(folder)
}

/// The function with `host` in the addresses of what is behind the doors.
fn reached_through(function: &FunctionOptions, host: Ipv4Addr, ports: &[u16]) -> FunctionOptions {
    let mut function = function.clone();
    for value in function.environment.values_mut() {
        for port in ports {
            let (here, there) = (format!("127.0.0.1:{port}"), format!("{host}:{port}"));
            *value = value.replace(&here, &there);
        }
    }
    let (targets, public) = WEBHOOK_TARGETS;
    if let Some(value) = function.environment.get_mut(targets) {
        public.clone_into(value);
    }
    function
}

fn write(path: &Path, document: &Value) -> Result<(), SamError> {
    fs::write(path, document.to_string()).map_err(SamError::file(path))
}
