//! How many instructions the hot paths take: what a change costs, told without a stopwatch.
//!
//! | file | what it is |
//! |---|---|
//! | `paths` | which paths there are, and how often each is walked |
//! | `events` | what the gateway and the queue would send along them |
//! | `walk`, `invoke`, `computed` | walking one of them, in a process of its own |
//! | `gather` | PostgreSQL's answers in one piece, so that a count does not hang on their pace |
//! | `callgrind` | counting the instructions of such a process |
//!
//! A path is walked in the program that runs, so counts are those of its build profile: budgets
//! are for `--release`. Valgrind counts two processes, of which one walks the path more often; their
//! difference is that of the further calls, and everything that a process does once falls out of it.
//! PostgreSQL and `DynamoDB` are real and are not counted; the request that goes to them and the
//! answer that comes back are.
//!
//! A count is the mean of many calls. It still depends on the compiler and the architecture, which
//! the budgets name, and a little on the C library and on the vector instructions of the processor
//! that valgrind hands through: AVX2 and below, without those for SHA, which makes hashing look
//! several times as dear as it is.

mod callgrind;
mod computed;
mod events;
mod gather;
mod invoke;
mod paths;
mod walk;

use std::io;

use local::say::say;

pub use invoke::Instance;
pub use walk::{WalkError, walk};

use self::gather::Gather;
use self::paths::{HotPath, PATHS};
use crate::budgets::{self, BudgetError, Figures, Kind};
use crate::world::{World, WorldError};

/// The budgets of the hot paths.
pub const INSTRUCTIONS: Kind = Kind {
    file: "instructions.json",
    unit: "instructions",
    tolerance_percent: 3,
};

/// Projects of each tenant: more than a page shows, so that there is a next one.
const ROWS: u32 = 60;

/// Why the instructions could not be counted; each text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CountError {
    /// The world could not be made.
    #[error(transparent)]
    World(#[from] WorldError),
    /// An event could not be prepared.
    #[error("the event of {path}: {reason}")]
    Event {
        /// The path that it goes along.
        path: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// PostgreSQL's answers could not be gathered.
    #[error("the way to the database: {0}")]
    Gather(io::Error),
    /// Valgrind could not be run.
    #[error("valgrind: {0}")]
    Valgrind(io::Error),
    /// The counted process failed, or took too long.
    #[error("{path} under valgrind: {reason}")]
    Failed {
        /// The path.
        path: &'static str,
        /// The last of what it said.
        reason: String,
    },
    /// The budgets are not at hand.
    #[error(transparent)]
    Budget(#[from] BudgetError),
}

/// Counts all paths and compares the counts with their budgets, or makes them the budgets.
/// Answers whether all are within.
///
/// # Errors
///
/// See [`CountError`].
pub async fn run(write: bool) -> Result<bool, CountError> {
    // A process of its own tenant each, or the second would find what the first one left.
    let tenants = u32::try_from(2 * PATHS.len()).unwrap_or(u32::MAX);
    let world = Box::pin(World::start("counts", tenants, ROWS)).await?;
    let figures = count_all(&world).await;
    world.stop().await?;
    Ok(budgets::settle(&INSTRUCTIONS, &figures?, write)?)
}

async fn count_all(world: &World) -> Result<Figures, CountError> {
    let gather = Gather::before(world.stack().cluster().port()).await;
    let gather = gather.map_err(CountError::Gather)?;
    let mut figures = Figures::new();
    for (path, tenants) in PATHS.iter().zip(world.residents().chunks(2)) {
        let mut counts = [0; 2];
        let calls = [path.warm_calls, path.warm_calls + path.calls];
        for ((count, calls), tenant) in counts.iter_mut().zip(calls).zip(tenants) {
            let event = events::prepare(world, path, tenant).await?;
            let environment = environment(world, path, &gather)?;
            *count = callgrind::count(path, calls, &environment, &event).await?;
        }
        let [few, many] = counts;
        let mean = many.saturating_sub(few) / u64::from(path.calls);
        say(format_args!("{}: {mean}", path.name));
        figures.insert(path.name.to_owned(), mean);
    }
    Ok(figures)
}

/// The environment variables of the path's function, as Lambda would set them, but for the way to
/// the database.
fn environment(
    world: &World,
    path: &HotPath,
    gather: &Gather,
) -> Result<Vec<(String, String)>, CountError> {
    let function = world.function(path.walker.function())?;
    let variables = function.instance_environment("127.0.0.1:1", 1);
    let port = |port: u16| format!(":{port}/");
    let (database, relay) = (port(world.stack().cluster().port()), port(gather.port()));
    let variables = variables.into_iter().map(|(name, value)| match &*name {
        "DATABASE_URL" => (name, value.replace(&database, &relay)),
        _ => (name, value),
    });
    Ok(variables.collect())
}

#[cfg(test)]
mod tests {
    use local::project;
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_path_has_a_budget_and_every_budget_a_path() {
        let folder = project::root().join("infra/bench/budgets");
        let text = std::fs::read(folder.join(INSTRUCTIONS.file)).unwrap();
        let file: Value = serde_json::from_slice(&text).unwrap();
        let budgets = file["budgets"].as_object().unwrap();
        let mut paths: Vec<_> = PATHS.iter().map(|path| path.name).collect();
        paths.sort_unstable();
        assert_eq!(budgets.keys().collect::<Vec<_>>(), paths);
    }
}
