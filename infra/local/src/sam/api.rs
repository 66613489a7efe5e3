//! `local sam api`: a stack, and every stage of its API once more through `sam local start-api`.

use super::{Sam, SamError, Server};
use crate::{
    events::{Event, World},
    project,
    say::say,
    signals::Signals,
    stack::{Stack, StackOptions},
};

/// An event that finds the world as most do.
const USUAL: &str = "events/projects-list-v2.json";

/// Runs until SIGINT, SIGTERM or SIGHUP, and then stops everything that it started.
///
/// One process of `sam local` serves one stage: they are on the ports above the stack's own, in the
/// template's order.
///
/// # Errors
///
/// See [`SamError`]; what had been started is stopped.
pub async fn run(options: StackOptions) -> Result<(), SamError> {
    let mut signals = Signals::receive().map_err(SamError::Process)?;
    let (dir, port) = (options.dir.join(Sam::FOLDER), options.port);
    let stack = tokio::select! {
        stack = Box::pin(Stack::start(options)) => stack?,
        () = signals.asked() => return Ok(()),
    };
    let mut servers = Vec::new();
    let outcome = tokio::select! {
        outcome = Box::pin(async {
            let sam = Sam::prepare(&stack, stack.functions(), dir).await?;
            serve(&stack, &sam, port, &mut servers).await
        }) => outcome,
        () = signals.asked() => Ok(()),
    };
    // Behind the ^C of a terminal.
    say("\nstopping");
    for (_, server) in servers {
        server.stop().await?;
    }
    stack.stop().await?;
    outcome
}

/// Ends with an error only.
async fn serve(
    stack: &Stack,
    sam: &Sam,
    port: u16,
    servers: &mut Vec<(String, Server)>,
) -> Result<(), SamError> {
    let world = World::of(stack).await?;
    let usual = Event::read(&project::root().join(USUAL))?;
    world.prepare(&usual).await?;
    let stages = stack.template().api.stages.iter();
    for (stage, port) in stages.zip(port.saturating_add(1)..) {
        let server = Server::api(sam, &stage.name, port).await?;
        servers.push((stage.name.clone(), server));
    }
    show(stack, sam, servers, world.token());
    std::future::pending().await
}

fn show(stack: &Stack, sam: &Sam, servers: &[(String, Server)], token: &str) {
    say(format_args!("\n  the local stack  {}", stack.url()));
    for (stage, server) in servers {
        say(format_args!("  sam local, {stage}    {}", server.url()));
    }
    say(format_args!(
        "  its logs         {}/*.log",
        sam.dir().display()
    ));
    say("\nThe tenant of events/world.sql is there; its token is good for an hour.");
    say("As sam local has it, the stage is not in the path:\n");
    say(format_args!("  TOKEN={token}"));
    for (_, server) in servers {
        let url = server.url();
        say(format_args!(
            "  curl -sSw '\\n' {url}/projects -H \"Authorization: Bearer $TOKEN\""
        ));
    }
    say("\nCtrl-C stops everything; the next start begins anew.");
}
