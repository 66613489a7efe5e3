//! What starts a template's functions beside HTTP requests: queues and the clock.

use std::time::Duration;

use super::{Queue, TemplateError, reader::Reader, resources::Resources, scope::Scope};

/// What SQS takes when the template says nothing.
const BATCH_SIZE_DEFAULT: u32 = 10;
/// The largest batch of a standard queue.
const BATCH_SIZE_MAX: u32 = 10_000;
/// The longest batching window, in seconds.
const WINDOW_SECONDS_MAX: u32 = 300;
/// The largest batch without a batching window, which is also the most that one receive gives.
const BATCH_SIZE_MAX_WITHOUT_WINDOW: u32 = 10;
/// The event types that the local stack can deliver.
const EVENT_TYPES: [&str; 3] = ["HttpApi", "SQS", "Schedule"];

/// A queue that feeds a function.
#[derive(Debug, Clone)]
pub struct QueueTrigger {
    /// Logical id of the function.
    pub function: String,
    /// The queue.
    pub queue: Queue,
    /// At most so many messages go into one event.
    pub batch_size: u32,
    /// How long a batch may wait to become full.
    pub window: Duration,
    /// Whether the function's answer says which messages failed.
    pub reports_failures: bool,
    /// At most so many events are out at the same time.
    pub concurrency_max: Option<u32>,
}

/// A function that runs again and again.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Logical id of the function.
    pub function: String,
    /// Time from one run's start to the next one's.
    pub every: Duration,
}

/// The events of one type: the function's logical id and the event's properties.
pub(super) fn events(
    scope: &Scope<'_>,
    wanted: &str,
) -> Result<Vec<(String, Reader)>, TemplateError> {
    let mut found = Vec::new();
    for id in scope.ids(Resources::FUNCTION)? {
        for (_, event) in Reader::property(scope, id, "Events")?.members()? {
            let kind = event.get("Type");
            let text = kind.text()?;
            if !EVENT_TYPES.contains(&text.as_str()) {
                return Err(kind.error(&format!("the local stack has no events of type {text}")));
            }
            if text == wanted {
                found.push((id.to_owned(), event.get("Properties")));
            }
        }
    }
    Ok(found)
}

pub(super) fn queue_triggers(
    scope: &Scope<'_>,
    queues: &[Queue],
) -> Result<Vec<QueueTrigger>, TemplateError> {
    let mut triggers = Vec::new();
    for (function, event) in events(scope, "SQS")? {
        let source = event.get("Queue");
        let arn = source.text()?;
        let queue = queues.iter().find(|queue| queue.arn == arn);
        let queue = queue.ok_or_else(|| source.error("it is no queue of this template"))?;
        let size = event.get("BatchSize");
        let window = event.get("MaximumBatchingWindowInSeconds");
        let batch_size = size.number_or(BATCH_SIZE_DEFAULT)?;
        let window_seconds = window.number_or(0)?;
        if window_seconds > WINDOW_SECONDS_MAX {
            return Err(window.error(&format!("at most {WINDOW_SECONDS_MAX} are possible")));
        }
        let size_max = if window_seconds == 0 {
            BATCH_SIZE_MAX_WITHOUT_WINDOW
        } else {
            BATCH_SIZE_MAX
        };
        if !(1..=size_max).contains(&batch_size) {
            return Err(size.error(&format!("1 to {size_max} are possible here")));
        }
        triggers.push(QueueTrigger {
            function,
            queue: queue.clone(),
            batch_size,
            window: Duration::from_secs(window_seconds.into()),
            reports_failures: reports_failures(&event.get("FunctionResponseTypes"))?,
            concurrency_max: event
                .get("ScalingConfig")
                .get("MaximumConcurrency")
                .optional_number()?,
        });
    }
    Ok(triggers)
}

fn reports_failures(types: &Reader) -> Result<bool, TemplateError> {
    for kind in types.items()? {
        if kind.text()? == "ReportBatchItemFailures" {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn schedules(scope: &Scope<'_>) -> Result<Vec<Schedule>, TemplateError> {
    let mut schedules = Vec::new();
    for (function, event) in events(scope, "Schedule")? {
        let expression = event.get("Schedule");
        let every = rate(&expression.text()?)
            .ok_or_else(|| expression.error("the local stack knows rate(…) only"))?;
        schedules.push(Schedule { function, every });
    }
    Ok(schedules)
}

/// The interval of `rate(5 minutes)`; units and their plurals as in
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>.
fn rate(expression: &str) -> Option<Duration> {
    let inside = expression.strip_prefix("rate(")?.strip_suffix(')')?;
    let (count, unit) = inside.split_once(' ')?;
    let count: u64 = count.parse().ok().filter(|count| *count > 0)?;
    let singular = unit.strip_suffix('s').unwrap_or(unit);
    if (count == 1) != (singular == unit) {
        return None;
    }
    let minutes = match singular {
        "minute" => 1,
        "hour" => 60,
        "day" => 24 * 60,
        _ => return None,
    };
    count.checked_mul(minutes * 60).map(Duration::from_secs)
}
