//! A whole run: makes the world, measures everybody in it, and says what was found.

use std::path::PathBuf;
use std::{fs, io};

use local::project;
use local::say::say;
use shared::clock::Clock;
use time::format_description::well_known::Rfc3339;

use crate::contest::http::{self, Http, Target};
use crate::contest::throughput::{self, Throughput};
use crate::contest::{cold, warm};
use crate::entrants::{self, OURS};
use crate::lambda::DriveError;
use crate::peers::Peers;
use crate::report::{Extent, Machine, Report, chart, table};
use crate::uvicorn::Uvicorn;
use crate::world::{World, WorldError};

/// How many instances or workers at once are counted.
const INSTANCES: [u32; 3] = [1, 2, 4];
/// How many callers keep an HTTP server busy.
const CALLERS: usize = 8;
/// Where the findings go.
const FOLDER: &str = "docs/benchmarks";

/// Why a run came to no end; each text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The world could not be made.
    #[error(transparent)]
    World(#[from] WorldError),
    /// A program could not be measured.
    #[error(transparent)]
    Drive(#[from] DriveError),
    /// A server could not be asked.
    #[error("asking over HTTP failed: {0}")]
    Http(#[from] reqwest::Error),
    /// The peer's server could not be started.
    #[error("uvicorn: {0}")]
    Uvicorn(io::Error),
    /// The findings cannot be written down.
    #[error("{}: {source}", path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Measures, prints the tables and writes `bench.json` and `bench.svg`.
///
/// # Errors
///
/// See [`RunError`]. A peer that cannot be had is no error: the report says so.
pub async fn run(extent: Extent) -> Result<(), RunError> {
    say("installing the peers, where they are missing");
    let (peers, missing) = match Peers::provide().await {
        Ok(peers) => (Some(peers), None),
        Err(error) => (None, Some(format!("the Python peers: {error}"))),
    };
    say(format_args!("making {} tenants", extent.tenants));
    let world = World::start("run", extent.tenants, extent.rows).await?;
    let measured = Box::pin(measure(&world, peers.as_ref(), extent, missing)).await;
    world.stop().await?;
    if let Some(peers) = peers {
        peers.stop().await;
    }
    write_down(&measured?)
}

async fn measure(
    world: &World,
    peers: Option<&Peers>,
    extent: Extent,
    missing: Option<String>,
) -> Result<Report, RunError> {
    let lists = entrants::lists(world, peers)?;
    entrants::agree(&lists).await?;
    let others = entrants::others(world)?;
    let steps = lists.iter().filter(|list| list.name != OURS);
    let steps: Vec<_> = steps.flat_map(|list| &list.steps).chain(&others).collect();
    say("warm calls");
    let warm = warm::measure(&lists, extent.rounds, extent.calls).await?;
    say("cold starts");
    let cold = cold::measure(&steps, extent.starts).await?;
    let mut throughput: Vec<Throughput> = Vec::new();
    for instances in INSTANCES {
        say(format_args!("calls per second, {instances} instances"));
        let measured =
            throughput::measure(&lists, instances as usize, extent.rounds, extent.seconds);
        throughput.extend(measured.await?);
    }
    Ok(Report {
        at: Clock::System.now().format(&Rfc3339).unwrap_or_default(),
        machine: Machine::this(),
        extent,
        warm,
        cold,
        throughput,
        http: over_http(world, peers, extent).await?,
        missing: missing.into_iter().collect(),
    })
}

/// The gateway with as many instances as it likes, and the peer with one to four workers.
async fn over_http(
    world: &World,
    peers: Option<&Peers>,
    extent: Extent,
) -> Result<Vec<Http>, RunError> {
    let tokens: Vec<String> = world
        .residents()
        .iter()
        .map(|one| one.token.clone())
        .collect();
    let target = |name: String, base: String| Target {
        name,
        url: format!("{base}/v2/projects"),
        tokens: tokens.clone(),
    };
    let mut targets = vec![target(
        format!("{OURS} behind its local gateway"),
        world.stack().url(),
    )];
    let mut servers = Vec::new();
    if let Some(peers) = peers {
        let environment = entrants::peer_environment(world, peers)?;
        for workers in INSTANCES {
            let server = Uvicorn::start(peers, &environment, workers).await;
            let server = server.map_err(RunError::Uvicorn)?;
            targets.push(target(
                format!("fastapi under uvicorn x {workers}"),
                server.url(),
            ));
            servers.push(server);
        }
    }
    say("answers per second over HTTP");
    Ok(http::measure(&targets, CALLERS, extent.rounds, extent.seconds).await?)
}

fn write_down(report: &Report) -> Result<(), RunError> {
    let folder = project::root().join(FOLDER);
    let failed = |path: PathBuf| |source| RunError::File { path, source };
    fs::create_dir_all(&folder).map_err(failed(folder.clone()))?;
    let json = serde_json::to_string_pretty(report).map_err(io::Error::from);
    let picture = chart::of(report).map_err(io::Error::other);
    for (name, text) in [("bench.json", json), ("bench.svg", picture)] {
        let path = folder.join(name);
        let written = text.and_then(|text| fs::write(&path, text));
        written.map_err(failed(path))?;
    }
    // A String always takes what is written to it.
    say(table::of(report).unwrap_or_default());
    Ok(())
}
