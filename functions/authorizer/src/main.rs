//! The authorizer function.

use authorizer::Authorizer;
use authorizer::event::Event;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use shared::{config, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init("authorizer", config::optional("LOG_LEVEL").as_deref())?;
    let authorizer = Authorizer::from_env()?;
    let authorizer = &authorizer;
    let service = service_fn(async |event: LambdaEvent<Event>| {
        authorizer
            .respond(&event.payload)
            .await
            .map_err(Error::from)
    });
    lambda_runtime::run(service).await
}
