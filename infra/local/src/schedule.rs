//! Runs functions by the clock, as the rules of Amazon `EventBridge` do.

use std::time::Duration;

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};
use uuid::Uuid;

use crate::{
    aws::{ACCOUNT_ID, REGION},
    clock,
    runtime::{InvokeError, Lambda},
    template::Schedule,
};

/// Running schedules; they end when this value is dropped.
#[derive(Debug)]
pub struct Schedules {
    _tasks: JoinSet<()>,
}

impl Schedules {
    /// Runs each schedule's function at once and then again and again.
    ///
    /// A run that takes longer than the interval delays the next one: runs never overlap.
    pub fn start(schedules: &[Schedule], lambda: &Lambda) -> Self {
        let mut tasks = JoinSet::new();
        for schedule in schedules {
            tasks.spawn(repeat(
                schedule.function.clone(),
                schedule.every,
                lambda.clone(),
            ));
        }
        Self { _tasks: tasks }
    }
}

async fn repeat(function: String, every: Duration, lambda: Lambda) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let event = event(&function).to_string();
        match lambda.invoke(&function, event.into()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%function, %error, "the scheduled run failed"),
            Err(InvokeError::Stopped) => return,
            Err(error) => tracing::warn!(%function, %error, "the scheduled run did not start"),
        }
    }
}

/// The event of a scheduled rule, see
/// <https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-scheduled-event.html>.
fn event(function: &str) -> Value {
    json!({
        "version": "0",
        "id": Uuid::new_v4(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT_ID,
        "time": clock::now().format(&Rfc3339).unwrap_or_default(),
        "region": REGION,
        "resources": [format!("arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/{function}")],
        "detail": {},
    })
}
