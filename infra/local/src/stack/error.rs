//! Why a stack does not start.

use std::{io, path::PathBuf};

use crate::{
    aws::ServicesError,
    postgres::PostgresError,
    runtime::InvokeError,
    template::{TemplateError, provision::ProvisionError},
};

/// What went wrong; each text is one line and names the cure where there is one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StackError {
    /// Another stack runs on the folder.
    #[error("a stack is already running on {}; stop that one first", .0.display())]
    InUse(PathBuf),
    /// Another program listens on the gateway's port.
    #[error("port {0} is taken; choose another one: PORT={other} make up", other = .0.wrapping_add(80))]
    PortTaken(u16),
    /// The gateway's port cannot be listened on.
    #[error("cannot listen on 127.0.0.1: {0}")]
    Listen(io::Error),
    /// Programs of functions are not there.
    #[error("{} not built ({}); run: cargo build --workspace --bins", count(.missing), .missing.join(", "))]
    NotBuilt {
        /// Their names.
        missing: Vec<String>,
    },
    /// A file or folder could not be used.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The template cannot be used.
    #[error("template.yaml: {0}")]
    Template(#[from] TemplateError),
    /// PostgreSQL failed.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// An AWS service failed.
    #[error(transparent)]
    Services(#[from] ServicesError),
    /// A queue, table or bucket could not be made.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// A trigger names a function that is not there.
    #[error(transparent)]
    Trigger(#[from] InvokeError),
}

impl StackError {
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

fn count(missing: &[String]) -> String {
    match missing.len() {
        1 => "a function is".to_owned(),
        count => format!("{count} functions are"),
    }
}
