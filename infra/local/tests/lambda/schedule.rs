//! Functions that run by the clock.

use local::schedule::Schedules;

use crate::stack::{Stack, eventually};

#[tokio::test]
async fn the_first_run_is_at_the_start() {
    let stack = Stack::start("schedule-start").await;
    let _schedules = Schedules::start(&stack.template.schedules, &stack.lambda);
    let event = eventually(|| async { stack.noted().pop() }).await;
    assert_eq!(event["detail-type"], "Scheduled Event");
    assert_eq!(event["source"], "aws.events");
    assert_eq!(event["detail"], serde_json::json!({}));
    assert_eq!(stack.noted().len(), 1);
}
