//! `local up`: the stack on one port until it is told to stop, with two tenants to play with.

mod env_file;
mod screen;
mod tenants;

use std::{io, path::PathBuf, time::Duration};

use tokio::time::{Instant, sleep};

use self::{env_file::EnvFile, tenants::DemoTenants};
use crate::{
    api::CallError,
    say::say,
    signals::Signals,
    stack::{Stack, StackError, StackOptions},
};

/// How often the demo tenants log in again: well before their tokens, which last an hour, end.
const RENEW_EVERY: Duration = Duration::from_mins(30);
/// When a log-in that failed is tried again.
const RENEW_AGAIN: Duration = Duration::from_mins(1);

/// Why the stack did not come up or did not stay up; each text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpError {
    /// The stack did not start or stop.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// A demo tenant could neither log in nor sign up.
    #[error("the demo tenants cannot log in: {0}")]
    Tenants(#[from] CallError),
    /// There is no HTTP client to call the API with.
    #[error("cannot call the API: {0}")]
    Client(#[from] reqwest::Error),
    /// A file could not be used.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Signals cannot be received.
    #[error("cannot receive signals: {0}")]
    Signals(io::Error),
}

impl UpError {
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

/// Runs the stack until SIGINT, SIGTERM or SIGHUP, and then stops everything that it started.
///
/// # Errors
///
/// See [`UpError`]; what had been started is stopped.
pub async fn run(options: StackOptions) -> Result<(), UpError> {
    let began = Instant::now();
    let dir = options.dir.clone();
    let mut signals = Signals::receive().map_err(UpError::Signals)?;
    let stack = tokio::select! {
        stack = Box::pin(Stack::start(options)) => stack?,
        () = signals.asked() => return Ok(()),
    };
    let outcome = tokio::select! {
        outcome = Box::pin(serve(&stack, dir, began)) => outcome,
        () = signals.asked() => Ok(()),
    };
    // Behind the ^C of a terminal.
    say("\nstopping");
    stack.stop().await?;
    outcome
}

/// Ends with an error only.
async fn serve(stack: &Stack, dir: PathBuf, began: Instant) -> Result<(), UpError> {
    let tenants = DemoTenants::new(stack.url(), &dir)?;
    let tokens = tenants.tokens().await?;
    let file = EnvFile::in_folder(&dir);
    let place = |source| UpError::file(file.path())(source);
    file.write(stack.exports(), &tokens).map_err(place)?;
    screen::show(stack, &tenants, &file, began.elapsed());
    let mut pause = RENEW_EVERY;
    loop {
        sleep(pause).await;
        pause = match tenants.tokens().await {
            Ok(tokens) => {
                file.write(stack.exports(), &tokens).map_err(place)?;
                RENEW_EVERY
            }
            Err(error) => {
                say(format_args!(
                    "the demo tenants' tokens were not renewed: {error}"
                ));
                RENEW_AGAIN
            }
        };
    }
}
