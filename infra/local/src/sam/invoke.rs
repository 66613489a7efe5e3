//! `local sam invoke EVENT`: one event to the function that receives it, by `sam local invoke`.

use std::{path::Path, process::ExitStatus};

use super::{Sam, SamError, write};
use crate::{
    events::{Event, World},
    stack::{Stack, StackOptions},
};

/// Runs the function on the event at `path`, in a stack of its own and in the world that the event
/// assumes. The answer goes to standard output, and what the function logs to standard error.
///
/// # Errors
///
/// See [`SamError`]; what had been started is stopped.
pub async fn run(options: StackOptions, path: &Path) -> Result<ExitStatus, SamError> {
    let event = Event::read(path)?;
    let dir = options.dir.join(Sam::FOLDER);
    let stack = Box::pin(Stack::start(options)).await?;
    let outcome = async {
        let sam = Sam::prepare(&stack, stack.functions(), dir).await?;
        invoke(&stack, &sam, &event).await
    };
    let outcome = outcome.await;
    stack.stop().await?;
    outcome
}

async fn invoke(stack: &Stack, sam: &Sam, event: &Event) -> Result<ExitStatus, SamError> {
    let function = event.function(stack.template());
    let function = function.ok_or_else(|| SamError::Nobodys(event.name.clone()))?;
    let world = World::of(stack).await?;
    world.prepare(event).await?;
    let payload = sam.dir().join("event.json");
    write(&payload, &world.payload(event))?;
    let mut command = sam.command(&["invoke", &function.id]);
    command.arg("--event").arg(payload).kill_on_drop(true);
    command.status().await.map_err(SamError::Process)
}
