//! Lambda's event source mappings: takes messages from queues and gives them to functions.
//!
//! As on AWS the queue does the rest: a message whose event failed comes back when its visibility
//! time-out ends, and goes to the dead-letter queue after too many receives. See
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>.

mod batch;
mod outcome;
mod poller;
mod record;

use tokio::task::JoinSet;

use self::poller::Poller;
use crate::{
    runtime::{InvokeError, Lambda},
    template::QueueTrigger,
};

/// How many events of one queue are out at the same time when the template does not limit it;
/// AWS begins with as many.
const CONCURRENCY_DEFAULT: usize = 5;

/// Running event source mappings; they end when this value is dropped.
///
/// Messages that are being worked on then come back after their visibility time-out.
#[derive(Debug)]
pub struct EventSources {
    _pollers: JoinSet<()>,
}

impl EventSources {
    /// Feeds the triggers' functions from their queues.
    ///
    /// # Errors
    ///
    /// A trigger's function is not among those of `lambda`.
    pub fn start(
        triggers: &[QueueTrigger],
        sqs: &aws_sdk_sqs::Client,
        lambda: &Lambda,
    ) -> Result<Self, InvokeError> {
        let mut pollers = JoinSet::new();
        for trigger in triggers {
            let wanted = trigger
                .concurrency_max
                .map_or(CONCURRENCY_DEFAULT, |count| count as usize);
            // Messages that wait for an instance would use up their visibility time-out.
            let possible = lambda.instances_max(&trigger.function)?;
            for _ in 0..wanted.min(possible).max(1) {
                let poller = Poller::new(trigger.clone(), sqs.clone(), lambda.clone());
                pollers.spawn(poller.run());
            }
        }
        Ok(Self { _pollers: pollers })
    }
}
