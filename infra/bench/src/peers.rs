//! The Python programs that the functions are compared with: installed, and with a Redis beside them.
//!
//! | module | what it is |
//! |---|---|
//! | `python` | an interpreter, and the virtual environment with what the programs need |
//! | `redis` | the server in which they count requests |
//! | `command` | programs that are run to their end |
//!
//! Everything lies below `target/bench/peers` and is kept for the next run.

mod command;
mod python;
mod redis;

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
};

use local::project;

use self::{python::Environment, redis::Redis};

/// Where the programs are in the checkout.
const SOURCES: &str = "infra/bench/peers";
/// Where they are run from, and their environment is.
const PLACE: &str = "target/bench/peers";
/// More than any run asks for: what counting costs is measured, not refusals.
const REQUESTS_PER_MINUTE: u32 = 1_000_000_000;

/// An interpreter with what a file of requirements names, in an environment of its own at `place`.
pub(crate) async fn python_with(requirements: &Path, place: &Path) -> Result<PathBuf, PeersError> {
    python::packages(requirements, place).await
}

/// Runs a program to its end and answers what it wrote to its standard output.
pub(crate) async fn run<I, A>(program: &Path, arguments: I) -> Result<String, PeersError>
where
    I: IntoIterator<Item = A>,
    A: AsRef<OsStr>,
{
    command::run(program, arguments).await
}

/// Why there is nothing to compare with. Its text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeersError {
    /// No interpreter that is new enough, even after installing one.
    #[error("no python3 from 3.{minor} on with venv and ensurepip")]
    NoPython {
        /// The least minor version.
        minor: u32,
    },
    /// A program failed.
    #[error("{program}: {reason}")]
    Program {
        /// Which one.
        program: String,
        /// What it said last.
        reason: String,
    },
    /// Redis does not answer.
    #[error("redis-server did not answer within {seconds} s")]
    NotReady {
        /// How long was waited.
        seconds: u64,
    },
    /// A file cannot be used.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl PeersError {
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

/// The Python programs, ready to be started, and the Redis that they count in.
#[derive(Debug)]
pub struct Peers {
    environment: Environment,
    redis: Redis,
}

impl Peers {
    /// Installs what is missing and starts Redis.
    ///
    /// The first time takes a minute and needs a network; later times take a second.
    ///
    /// # Errors
    ///
    /// Python, a package or Redis is not to be had here. The rest of the benchmark can do without.
    pub async fn provide() -> Result<Self, PeersError> {
        let root = project::root();
        let environment = Environment::provide(&root.join(SOURCES), &root.join(PLACE)).await?;
        let redis = Redis::start().await?;
        Ok(Self { environment, redis })
    }

    /// The interpreter of the virtual environment.
    pub fn python(&self) -> &Path {
        &self.environment.python
    }

    /// The folder with the programs, compiled to bytecode.
    pub fn app_dir(&self) -> &Path {
        &self.environment.app
    }

    /// What is compared with, for the report: `Python 3.11.2, fastapi 0.165.0, …`.
    pub fn versions(&self) -> &str {
        &self.environment.versions
    }

    /// All variables that the programs need; they may be started with these alone.
    ///
    /// A Lambda function needs `AWS_LAMBDA_RUNTIME_API` besides. `public_key_pem` is a
    /// `SubjectPublicKeyInfo` (RFC 7468, section 13). `sslmode` in the URL is understood.
    pub fn environment(
        &self,
        database_url: &str,
        public_key_pem: &str,
        issuer: &str,
        audience: &str,
    ) -> BTreeMap<String, String> {
        let app = self.app_dir().to_string_lossy().into_owned();
        let variables = [
            ("DATABASE_URL", database_url.to_owned()),
            ("PYTHONPATH", app),
            // As on Lambda, where the code's folder is read-only. All bytecode is there already.
            ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
            ("REDIS_URL", self.redis.url()),
            ("REQUESTS_PER_MINUTE", REQUESTS_PER_MINUTE.to_string()),
            ("TOKEN_AUDIENCE", audience.to_owned()),
            ("TOKEN_ISSUER", issuer.to_owned()),
            ("TOKEN_PUBLIC_KEY", public_key_pem.to_owned()),
        ];
        variables
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }

    /// Program and arguments of one Lambda instance.
    pub fn lambda_command(&self) -> (PathBuf, Vec<String>) {
        let arguments = ["-m", "awslambdaric", "projects_api.on_lambda.handler"];
        (
            self.python().to_path_buf(),
            arguments.map(str::to_owned).into(),
        )
    }

    /// Program and arguments of a server on 127.0.0.1.
    ///
    /// One worker is one process. Several are children of the one that is started, which must be
    /// ended by SIGTERM for them to end with it.
    pub fn uvicorn_command(&self, port: u16, workers: u32) -> (PathBuf, Vec<String>) {
        let (port, workers) = (port.to_string(), workers.to_string());
        let arguments = [
            ["-m", "uvicorn"].as_slice(),
            &["projects_api.api:app"],
            &["--host", "127.0.0.1", "--port", &port],
            &["--workers", &workers],
            &["--loop", "uvloop", "--http", "httptools"],
            // A line per request would cost this side alone.
            &["--no-access-log", "--log-level", "warning"],
        ];
        let arguments = arguments.concat();
        let arguments = arguments.into_iter().map(str::to_owned);
        (self.python().to_path_buf(), arguments.collect())
    }

    /// Stops Redis. Dropping the value stops it as well, without waiting.
    pub async fn stop(self) {
        self.redis.stop().await;
    }
}
