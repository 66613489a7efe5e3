//! The Lambda function `webhook-sender`, fed by the dispatcher's queue.

use std::convert::Infallible;

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{LambdaEvent, service_fn};
use shared::config;
use shared::deadline::Deadline;
use shared::telemetry;
use webhook_sender::{Sender, sender};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init("webhook-sender", config::optional("LOG_LEVEL").as_deref())?;
    let sender = Sender::from_env()?;
    let serve = async |event: LambdaEvent<SqsEvent>| {
        let deadline = Deadline::of(&event.context, sender::MARGIN);
        Ok::<_, Infallible>(sender.handle(event.payload, &deadline).await)
    };
    lambda_runtime::run(service_fn(serve)).await
}
