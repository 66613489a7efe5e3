//! The Lambda function `migrate`.

use lambda_runtime::{Error, service_fn};
use shared::{config, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init("migrate", config::optional("LOG_LEVEL").as_deref())?;
    lambda_runtime::run(service_fn(migrate::handle)).await
}
