//! The programs that are measured: the product's, the floor, and the peers.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use axum::body::Bytes;
use local::keys;
use serde_json::Value;

use crate::contest::{Contestant, Lane, Step};
use crate::lambda::{DriveError, Program};
use crate::peers::Peers;
use crate::world::{World, WorldError};

/// The floor's name in results.
pub const FLOOR: &str = "floor";
/// The name of the product behind its gateway's cached authorizer.
pub const OURS: &str = "tenantry";
/// The article's own design under the Runtime API, written as the article writes it.
pub const PEER: &str = "fastapi";
/// The same with what its documentation advises for speed: orjson, and uvloop on Lambda too.
pub const PEER_TUNED: &str = "fastapi, tuned";
/// The functions that serve the API, which the gateway waits for.
pub const API_FUNCTIONS: [&str; 5] = ["authorizer", "auth", "billing", "projects", "reports"];
/// The name of the product with the authorizer's work in every call.
pub const OURS_UNCACHED: &str = "tenantry + authorizer";

/// `GET /v2/projects` by the floor and by the product: behind a cached authorizer, and with the
/// authorizer asked each time.
///
/// # Errors
///
/// See [`WorldError`].
pub fn lists(world: &World, peers: Option<&Peers>) -> Result<Vec<Contestant>, WorldError> {
    let list = events(world, "projects-list-v2")?;
    let product = step(world, "projects", "ProjectsFunction", list.clone())?;
    let authorizer = events(world, "authorizer")?;
    let authorizer = step(world, "authorizer", "AuthorizerFunction", authorizer)?;
    let floor = Step {
        program: floor(world)?,
        events: list.clone(),
    };
    let mut lists = vec![
        Contestant {
            name: FLOOR,
            steps: vec![floor],
        },
        Contestant {
            name: OURS,
            steps: vec![product.clone()],
        },
        Contestant {
            name: OURS_UNCACHED,
            steps: vec![authorizer, product],
        },
    ];
    if let Some(peers) = peers {
        for name in [PEER, PEER_TUNED] {
            let step = Step {
                program: peer(world, peers, name)?,
                events: list.clone(),
            };
            lists.push(Contestant {
                name,
                steps: vec![step],
            });
        }
    }
    Ok(lists)
}

/// Makes sure that all contestants give the same answer to the same event.
///
/// # Errors
///
/// See [`DriveError`]; [`DriveError::Failed`] names one that answers differently.
pub async fn agree(contestants: &[Contestant]) -> Result<(), DriveError> {
    let mut first: Option<Value> = None;
    for contestant in contestants {
        let (answer, _) = Lane::start(contestant).await?.call().await?;
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        let body = answer
            .get("body")
            .and_then(Value::as_str)
            .unwrap_or_default();
        // Two ways to write the same offset.
        let body = body.replace("+00:00\"", "Z\"");
        let body: Value = serde_json::from_str(&body).unwrap_or_default();
        let rows = body.pointer("/data").and_then(Value::as_array);
        if rows.is_none_or(Vec::is_empty) || first.as_ref().is_some_and(|first| *first != body) {
            return Err(DriveError::Failed {
                program: contestant.name,
                error: format!("answers differently: {answer}"),
            });
        }
        first.get_or_insert(body);
    }
    Ok(())
}

/// One call of each further function that serves the API, for what it takes to start and to hold.
///
/// # Errors
///
/// See [`WorldError`].
pub fn others(world: &World) -> Result<Vec<Step>, WorldError> {
    let of = |name, id, event| step(world, name, id, events(world, event)?);
    Ok(vec![
        of("auth", "AuthFunction", "auth-me-v2")?,
        of("billing", "BillingFunction", "billing-usage-v2")?,
        of("reports", "ReportsFunction", "reports-list-v2")?,
    ])
}

/// A plain insert, and an order for a report: `POST /v1/projects` and `POST /v1/reports`.
///
/// # Errors
///
/// See [`WorldError`].
pub fn orders(world: &World) -> Result<Vec<Contestant>, WorldError> {
    let insert = events(world, "projects-create-v1")?;
    let insert = step(world, "projects", "ProjectsFunction", insert)?;
    let order = events(world, "reports-request-v1")?;
    let order = step(world, "reports", "ReportsFunction", order)?;
    let alone = |step: Step| Contestant {
        name: step.program.name,
        steps: vec![step],
    };
    Ok(vec![alone(insert), alone(order)])
}

fn events(world: &World, name: &str) -> Result<Vec<Bytes>, WorldError> {
    let residents = world.residents().iter();
    residents
        .map(|resident| world.event(name, resident).map(Bytes::from))
        .collect()
}

fn step(
    world: &World,
    name: &'static str,
    id: &str,
    events: Vec<Bytes>,
) -> Result<Step, WorldError> {
    let options = world.function(id)?;
    let program = Program {
        name,
        command: options.program.clone(),
        arguments: Vec::new(),
        environment: options.instance_environment("", 1),
    };
    Ok(Step { program, events })
}

fn floor(world: &World) -> Result<Program, WorldError> {
    let own = env::current_exe().map_err(WorldError::Programs)?;
    let mut environment = lambda_environment(world)?;
    environment.insert("DATABASE_URL".to_owned(), world.database_url("projects"));
    Ok(Program {
        name: FLOOR,
        command: own
            .parent()
            .map(PathBuf::from)
            .unwrap_or_default()
            .join(FLOOR),
        arguments: Vec::new(),
        environment,
    })
}

/// What Lambda itself sets.
fn lambda_environment(world: &World) -> Result<BTreeMap<String, String>, WorldError> {
    let all = world
        .function("ProjectsFunction")?
        .instance_environment("", 1);
    let lambda = all.into_iter();
    Ok(lambda
        .filter(|(name, _)| name.starts_with("AWS_LAMBDA_"))
        .collect())
}

fn peer(world: &World, peers: &Peers, name: &'static str) -> Result<Program, WorldError> {
    let (command, arguments) = peers.lambda_command();
    let mut environment = lambda_environment(world)?;
    environment.extend(peer_environment(world, peers)?);
    let tuned = u8::from(name == PEER_TUNED).to_string();
    environment.insert("TUNED".to_owned(), tuned);
    Ok(Program {
        name,
        command,
        arguments,
        environment,
    })
}

/// What the peer needs to know of the world.
///
/// # Errors
///
/// See [`WorldError`].
pub fn peer_environment(
    world: &World,
    peers: &Peers,
) -> Result<BTreeMap<String, String>, WorldError> {
    let key = keys::public_key(world.stack().signing_key()).map_err(WorldError::Programs)?;
    let url = world.database_url("projects");
    let told = |name| world.variable("AuthFunction", name);
    Ok(peers.environment(&url, &key, told("TOKEN_ISSUER")?, told("TOKEN_AUDIENCE")?))
}
