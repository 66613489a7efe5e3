//! The repository's own events, made into those that are sent along a path, one in each line.

use std::fmt::Display;
use std::{fs, io};

use jsonwebtoken::dangerous::insecure_decode;
use jsonwebtoken::{EncodingKey, encode};
use local::postgres::database::DATABASE;
use local::project;
use serde_json::Value;
use tokio_postgres::NoTls;
use uuid::Uuid;

use super::CountError;
use super::paths::{Edit, HotPath, Sent};
use crate::world::{Resident, World};

/// The tenant in the events of the repository.
const TENANT: &str = "01980a00-0000-7000-8000-00000000000a";
/// The project in them, which no tenant of the world has.
const PROJECT: &str = "01980a00-0000-7000-8000-000000000001";
/// The idempotency key of the request that creates a project.
const KEY: &str = "create-apollo";
/// The identity of the event in the message to the meter.
const EVENT: &str = "01980a00-0000-7000-8000-0000000000f1";

/// The events to send along `path` for a tenant: one, which is sent each time, or as many as there
/// are calls. None where a path takes none.
pub(super) async fn prepare(
    world: &World,
    path: &HotPath,
    tenant: &Resident,
) -> Result<Vec<u8>, CountError> {
    let Some(Sent { event, edit, .. }) = path.walker.sent() else {
        return Ok(Vec::new());
    };
    let failed = |reason: &dyn Display| CountError::Event {
        path: path.name,
        reason: reason.to_string(),
    };
    let text = match edit {
        Edit::NewMessage => message(event, tenant).map_err(|error| failed(&error))?,
        _ => String::from_utf8(world.event(event, tenant)?).map_err(|error| failed(&error))?,
    };
    let events = match edit {
        Edit::Tenant => text,
        Edit::KnownProject => {
            let project = project_of(world, tenant).await;
            text.replace(PROJECT, &project.map_err(|error| failed(&error))?)
        }
        Edit::NoRoute => text.replace("/v2/projects", "/v2/nothing"),
        Edit::NewKey => each_with(&text, path, KEY, identity),
        Edit::NewMessage => each_with(&text, path, EVENT, identity),
        Edit::NewToken => {
            let key = EncodingKey::from_rsa_pem(world.stack().signing_key().as_bytes());
            let token =
                key.and_then(|key| insecure_decode::<Value>(&tenant.token).map(|old| (key, old)));
            let (key, mut old) = token.map_err(|error| failed(&error))?;
            each_with(&text, path, &tenant.token, || {
                set_identity(&mut old.claims);
                encode(&old.header, &old.claims, &key).unwrap_or_default()
            })
        }
    };
    Ok(events.into_bytes())
}

/// An event for each call of `path`, with something new in place of `old`.
fn each_with(event: &str, path: &HotPath, old: &str, mut new: impl FnMut() -> String) -> String {
    let calls = 0..path.warm_calls + path.calls;
    let events: Vec<_> = calls.map(|_| event.replace(old, &new())).collect();
    events.join("\n")
}

fn identity() -> String {
    Uuid::now_v7().to_string()
}

/// Makes claims those of another token.
fn set_identity(claims: &mut Value) {
    if let Some(id) = claims.get_mut("jti") {
        *id = identity().into();
    }
}

/// A batch from a queue, which names its tenant in the messages.
fn message(event: &str, tenant: &Resident) -> io::Result<String> {
    let path = project::root().join("events").join(format!("{event}.json"));
    let text = fs::read_to_string(path)?;
    let event: Value = serde_json::from_str(&text)?;
    let event = event.to_string();
    Ok(event.replace(TENANT, &tenant.tenant.to_string()))
}

/// A project that the tenant has.
async fn project_of(world: &World, tenant: &Resident) -> Result<String, tokio_postgres::Error> {
    let url = world.stack().cluster().superuser_url(DATABASE);
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
    // Its error comes back to the statement that was running.
    drop(tokio::spawn(connection));
    let one = "SELECT id::text FROM projects.projects WHERE tenant_id = $1 LIMIT 1";
    let row = client.query_one(one, &[&tenant.tenant]).await?;
    row.try_get(0)
}
