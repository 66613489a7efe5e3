//! The function that counts usage from the queue.

use std::convert::Infallible;

use aws_lambda_events::sqs::SqsEvent;
use billing::meter;
use lambda_runtime::{LambdaEvent, service_fn};
use shared::config;
use shared::db::{Database, DatabaseConfig};
use shared::deadline::Deadline;
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init("billing-meter", config::optional("LOG_LEVEL").as_deref())?;
    let db = Database::new(DatabaseConfig::from_env()?);
    let serve = async |event: LambdaEvent<SqsEvent>| {
        let deadline = Deadline::of(&event.context, meter::MARGIN);
        Ok::<_, Infallible>(meter::handle(&db, event.payload, &deadline).await)
    };
    lambda_runtime::run(service_fn(serve)).await
}
