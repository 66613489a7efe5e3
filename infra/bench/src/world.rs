//! The world that every program of a run is measured in: PostgreSQL, `DynamoDB`, and tenants.

mod events;
mod tenants;

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use local::api::CallError;
use local::postgres::database;
use local::project;
use local::runtime::FunctionOptions;
use local::stack::{Stack, StackError, StackOptions};
use shared::db::DbError;

pub use tenants::Resident;

/// Why the world cannot be made; each text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// The stack did not start.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The tenants could not be made.
    #[error("making the tenants failed: {0}")]
    Tenants(#[from] tokio_postgres::Error),
    /// A token could not be issued.
    #[error("issuing a token failed: {0}")]
    Token(#[from] auth::error::AuthError),
    /// The database refused what the product itself asked.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The product's API did not answer as it should.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The template has no such function, or leaves out what it needs.
    #[error("template.yaml: {0}")]
    Template(String),
    /// An event of the repository cannot be used.
    #[error("{}: {reason}", path.display())]
    Event {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The place of this program is not known.
    #[error("where is this program: {0}")]
    Programs(std::io::Error),
}

/// The local stack with the release programs, and tenants with as many rows each.
pub struct World {
    stack: Stack,
    residents: Vec<Resident>,
}

impl World {
    /// Starts everything anew in the folder `name` below `target/bench`, with `tenants` tenants of
    /// `rows` projects each.
    ///
    /// # Errors
    ///
    /// See [`WorldError`].
    pub async fn start(name: &str, tenants: u32, rows: u32) -> Result<Self, WorldError> {
        Self::begin(name, tenants, rows, true).await
    }

    /// The same, with nobody who relays events or works on messages.
    ///
    /// # Errors
    ///
    /// See [`WorldError`].
    pub async fn idle(name: &str, tenants: u32, rows: u32) -> Result<Self, WorldError> {
        Self::begin(name, tenants, rows, false).await
    }

    async fn begin(
        name: &str,
        tenants: u32,
        rows: u32,
        triggers: bool,
    ) -> Result<Self, WorldError> {
        let own = env::current_exe().map_err(WorldError::Programs)?;
        let options = StackOptions {
            dir: project::root().join("target/bench").join(name),
            durable: false,
            port: 0,
            programs: own.parent().map(PathBuf::from).unwrap_or_default(),
            triggers,
            parameters: BTreeMap::new(),
            witnessed: false,
            progress: |_| {},
        };
        let stack = Box::pin(Stack::start(options)).await?;
        let residents = tenants::settle(&stack, tenants, rows).await?;
        Ok(Self { stack, residents })
    }

    /// The stack.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// The tenants, each with its owner.
    pub fn residents(&self) -> &[Resident] {
        &self.residents
    }

    /// How the function with logical id `id` is run.
    ///
    /// # Errors
    ///
    /// There is no such function.
    pub fn function(&self, id: &str) -> Result<&FunctionOptions, WorldError> {
        let missing = || WorldError::Template(format!("there is no function {id}"));
        self.stack.function(id).ok_or_else(missing)
    }

    /// The value of a variable in the environment of the function with logical id `id`.
    ///
    /// # Errors
    ///
    /// There is no such function, or it has no such variable.
    pub fn variable(&self, id: &str, name: &str) -> Result<&str, WorldError> {
        let missing = || WorldError::Template(format!("{id} has no {name}"));
        let value = self.function(id)?.environment.get(name);
        value.map(String::as_str).ok_or_else(missing)
    }

    /// The connection URL of one of the services' roles.
    pub fn database_url(&self, service: &str) -> String {
        database::service_url(self.stack.cluster(), service)
    }

    /// Stops everything.
    ///
    /// # Errors
    ///
    /// PostgreSQL could not be signalled.
    pub async fn stop(self) -> Result<(), WorldError> {
        Ok(self.stack.stop().await?)
    }
}
