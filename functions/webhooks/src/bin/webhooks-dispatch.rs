//! The function that decides which webhooks are sent when, and signs them.

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use shared::clock::Clock;
use shared::config;
use shared::db::{Database, DatabaseConfig};
use shared::deadline::Deadline;
use shared::queue::Queue;
use shared::telemetry;
use webhooks::dispatch::{self, Dispatcher};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init(
        "webhooks-dispatch",
        config::optional("LOG_LEVEL").as_deref(),
    )?;
    let dispatcher = Dispatcher {
        clock: Clock::System,
        db: Database::new(DatabaseConfig::from_env()?),
        events: Queue::new(config::required("WEBHOOK_EVENT_QUEUE_URL")?),
        outgoing: Queue::new(config::required("WEBHOOK_QUEUE_URL")?),
    };
    let serve = async |event: LambdaEvent<Value>| {
        let deadline = Deadline::of(&event.context, dispatch::MARGIN);
        dispatcher.serve(event.payload, &deadline).await
    };
    lambda_runtime::run(service_fn(serve)).await
}
