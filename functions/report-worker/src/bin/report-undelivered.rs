//! The function behind the report queue's dead-letter queue.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use report_worker::state::Worker;
use report_worker::undelivered::{self, Invocation};
use shared::config;
use shared::deadline::Deadline;
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init(
        "report-undelivered",
        config::optional("LOG_LEVEL").as_deref(),
    )?;
    let worker = Worker::from_env(None)?;
    run(service_fn(async |event: LambdaEvent<Invocation>| {
        let deadline = Deadline::of(&event.context, undelivered::MARGIN);
        undelivered::perform(&worker, event.payload, &deadline)
            .await
            .map_err(Error::from)
    }))
    .await
}
