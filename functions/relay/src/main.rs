//! The Lambda function `relay`, started by a schedule.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use relay::Relay;
use serde::de::IgnoredAny;
use shared::config;
use shared::deadline::Deadline;
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init("relay", config::optional("LOG_LEVEL").as_deref())?;
    let relay = Relay::from_env()?;
    let serve = async |event: LambdaEvent<IgnoredAny>| {
        let deadline = Deadline::of(&event.context, relay::relay::MARGIN);
        relay.run(&deadline).await.map_err(Error::from)
    };
    lambda_runtime::run(service_fn(serve)).await
}
