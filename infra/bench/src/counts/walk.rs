//! Walking one path in this process, as a Lambda instance would serve call after call.

use std::fmt;
use std::io::{self, Read as _};
use std::thread;
use std::time::Duration;

use authorizer::Authorizer;
use authorizer::event::Event as Question;
use aws_lambda_events::sqs::SqsEvent;
use billing::meter;
use lambda_http::Adapter;
use lambda_runtime::{LambdaEvent, service_fn};
use report_worker::pdf::RenderError;
use shared::clock::Clock;
use shared::config::{self, ConfigError};
use shared::db::{Database, DatabaseConfig, DbError};
use shared::deadline::Deadline;
use shared::error::{FieldError, causes};
use shared::http::Route;
use shared::limits::{Backend, DynamoDbLimiter, LimiterError, Limits};
use shared::pipeline;
use shared::state::App;
use shared::telemetry::{self, TelemetryError};
use shared::token::TokenNames;
use time::OffsetDateTime;

use super::computed;
use super::invoke::{Events, repeat};
use super::paths::{HotPath, PATHS, Sent, Walker};

/// The steps of the clock, in seconds: all processes of a run stand in the same cells of the
/// limiter's windows.
const CLOCK_STEP_SECS: i64 = 3_600;
/// How long the limiter waits for its table, in seconds: for ever, as counting does not hurry.
const LIMITER_WAIT_SECS: u64 = 60;

/// Why a path could not be walked; each text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalkError {
    /// There is no path of this name.
    #[error("there is no path {0}; there are {names}", names = names())]
    Unknown(String),
    /// The event did not come in, or the runtime did not start.
    #[error("input and output: {0}")]
    Io(#[from] io::Error),
    /// The environment does not say where things are.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The log could not be set up.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The database failed.
    #[error("the database: {}", causes(.0))]
    Database(#[from] DbError),
    /// The limiter failed.
    #[error(transparent)]
    Limiter(#[from] LimiterError),
    /// The quotas, or a cursor, could not be read.
    #[error("{0}")]
    Text(String),
    /// The report could not be drawn.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// An event or its answer is not what the function takes or gives.
    #[error("the answer was {0}")]
    Answer(String),
    /// Something panicked.
    #[error("the path panicked")]
    Panicked,
}

impl WalkError {
    pub(super) fn text(error: impl fmt::Display) -> Self {
        Self::Text(error.to_string())
    }
}

impl From<FieldError> for WalkError {
    fn from(error: FieldError) -> Self {
        Self::text(error.detail)
    }
}

fn names() -> String {
    let names: Vec<_> = PATHS.iter().map(|path| path.name).collect();
    names.join(", ")
}

/// Walks the path `name` `calls` times; the events that go along it come in by
/// standard input.
///
/// # Errors
///
/// See [`WalkError`].
pub fn walk(name: &str, calls: u32) -> Result<(), WalkError> {
    let path = PATHS.iter().find(|path| path.name == name);
    let path = path.ok_or_else(|| WalkError::Unknown(name.to_owned()))?;
    // On a thread of its own, whatever runtime this one belongs to.
    let walking = thread::spawn(move || {
        // As the functions' own `main`s make it.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(along(path, calls))
    });
    walking.join().unwrap_or(Err(WalkError::Panicked))
}

async fn along(path: &HotPath, calls: u32) -> Result<(), WalkError> {
    telemetry::init("bench", config::optional("LOG_LEVEL").as_deref())?;
    let now = Clock::System.now().unix_timestamp();
    let now = OffsetDateTime::from_unix_timestamp(now - now % CLOCK_STEP_SECS);
    let clock = Clock::fixed(now.unwrap_or(OffsetDateTime::UNIX_EPOCH));
    match path.walker {
        Walker::Projects(sent) => api(projects::routes::table(), clock, sent, calls).await,
        Walker::Billing(sent) => api(billing::routes::table(), clock, sent, calls).await,
        Walker::Authorizer(sent) => check(clock, sent, calls).await,
        Walker::BillingMeter(sent) => count_usage(sent, calls).await,
        Walker::LimiterTable => Box::pin(computed::ask_table(&clock, calls)).await,
        Walker::LimiterArithmetic => computed::decide(&clock, calls),
        Walker::Cursor => computed::turn_pages(&clock, calls),
        Walker::Report => computed::draw(&clock, calls),
    }
}

/// A function behind the gateway, made as its `main` makes it, but for the clock.
async fn api(
    table: Vec<Route<App>>,
    clock: Clock,
    sent: Sent,
    calls: u32,
) -> Result<(), WalkError> {
    let counted = Backend::DynamoDb(DynamoDbLimiter::lazy(config::required("LIMITS_TABLE")?));
    let wait = Duration::from_secs(LIMITER_WAIT_SECS);
    let app = App {
        db: Database::new(DatabaseConfig::from_env()?),
        limits: Limits::new(counted, clock.clone(), wait),
        clock,
    };
    let service = Adapter::from(pipeline::service(table, app));
    repeat(service, &incoming(sent)?, calls).await
}

async fn check(clock: Clock, sent: Sent, calls: u32) -> Result<(), WalkError> {
    let db = Database::new(DatabaseConfig::from_env()?);
    let authorizer = Authorizer::new(clock, db, &TokenNames::from_env()?);
    let authorizer = &authorizer;
    let service =
        service_fn(async |event: LambdaEvent<Question>| authorizer.respond(&event.payload).await);
    repeat(service, &incoming(sent)?, calls).await
}

async fn count_usage(sent: Sent, calls: u32) -> Result<(), WalkError> {
    let db = Database::new(DatabaseConfig::from_env()?);
    let db = &db;
    let service = service_fn(async |event: LambdaEvent<SqsEvent>| {
        let deadline = Deadline::of(&event.context, meter::MARGIN);
        Ok::<_, DbError>(meter::handle(db, event.payload, &deadline).await)
    });
    repeat(service, &incoming(sent)?, calls).await
}

fn incoming(sent: Sent) -> Result<Events, WalkError> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(Events::new(bytes, sent.answer))
}
