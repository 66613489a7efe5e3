//! The Lambda function `tenants`, invoked by an operator and by a schedule.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use shared::config;
use shared::deadline::Deadline;
use shared::telemetry;
use tenants::Tenants;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init("tenants", config::optional("LOG_LEVEL").as_deref())?;
    let tenants = Tenants::from_env()?;
    let serve = async |event: LambdaEvent<Value>| {
        let deadline = Deadline::of(&event.context, tenants::MARGIN);
        tenants.handle(event.payload, &deadline).await
    };
    lambda_runtime::run(service_fn(serve)).await
}
