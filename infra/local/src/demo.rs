//! `local demo`: a stack of its own, the tour through it, and nothing left behind but a report.

mod folder;
mod projects;
mod report;
mod tour;
mod transcript;

use std::{
    io,
    path::{Path, PathBuf},
};

use reqwest::StatusCode;

use self::tour::Tour;
use crate::{
    api::CallError,
    say::say,
    signals::Signals,
    stack::{Stack, StackError, StackOptions},
};

/// Why the tour did not come to its end; each text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// The stack did not start or stop.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// A call did not go as it should.
    #[error(transparent)]
    Call(#[from] CallError),
    /// There is no HTTP client to call the API with.
    #[error("cannot call the API: {0}")]
    Client(#[from] reqwest::Error),
    /// An answer is not what it should be.
    #[error("{request}: {reason}")]
    Answer {
        /// Method and path.
        request: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Something took too long.
    #[error("{what} did not happen within {seconds} s")]
    Late {
        /// What was waited for.
        what: &'static str,
        /// How long, in seconds.
        seconds: u64,
    },
    /// A file could not be used.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder holds what no tour put there.
    #[error("{} is in use for something else; remove it or choose another --folder", .0.display())]
    Foreign(PathBuf),
    /// Signals cannot be received.
    #[error("cannot receive signals: {0}")]
    Signals(io::Error),
    /// A person asked to stop.
    #[error("stopped")]
    Stopped,
}

impl DemoError {
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }

    fn answer(request: &str, reason: impl Into<String>) -> Self {
        Self::Answer {
            request: request.to_owned(),
            reason: reason.into(),
        }
    }
}

/// Takes the tour and saves the report in `report`; what the stack wrote is removed when all went well.
///
/// # Errors
///
/// See [`DemoError`]; the stack is stopped in every case.
pub async fn run(options: StackOptions, report: &Path) -> Result<(), DemoError> {
    let mut signals = Signals::receive().map_err(DemoError::Signals)?;
    let dir = options.dir.clone();
    folder::take(&dir)?;
    let stack = tokio::select! {
        stack = Box::pin(Stack::start(options)) => stack?,
        () = signals.asked() => return Err(DemoError::Stopped),
    };
    let outcome = tokio::select! {
        outcome = Box::pin(take(&stack, report)) => outcome,
        () = signals.asked() => Err(DemoError::Stopped),
    };
    let postgres = stack.cluster().dir().to_path_buf();
    stack.stop().await?;
    // After a failure the functions' logs are worth reading.
    outcome?;
    folder::give_back(&dir, &postgres)?;
    let report = report.display();
    say(format_args!(
        "\nEverything is stopped. The report is {report}; `make up` keeps the stack running."
    ));
    Ok(())
}

async fn take(stack: &Stack, report: &Path) -> Result<(), DemoError> {
    Tour::of(stack.url())?.take(report).await
}

/// What the tour expects, by its usual names.
const OK: StatusCode = StatusCode::OK;
const CREATED: StatusCode = StatusCode::CREATED;
