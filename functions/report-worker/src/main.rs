//! The report worker: messages from SQS in, documents in S3 out.

use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use report_worker::{job, state::Worker};
use shared::batch;
use shared::config;
use shared::db::ReplicaConfig;
use shared::deadline::Deadline;
use shared::telemetry;

/// No report is begun when less than this is left, in seconds.
const MARGIN_SECS: u64 = 15;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init("report-worker", config::optional("LOG_LEVEL").as_deref())?;
    let worker = Worker::from_env(ReplicaConfig::from_env()?)?;
    run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let deadline = Deadline::of(&event.context, Duration::from_secs(MARGIN_SECS));
        let handle = async |delivery| job::handle(&worker, delivery, &deadline).await;
        Ok::<_, Error>(batch::run(event.payload, &worker.db, &deadline, handle).await)
    }))
    .await
}
