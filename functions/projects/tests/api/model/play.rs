//! One call, its answer, and what the model makes of them.

use axum::Router;
use serde_json::{Value, json};
use testkit::{Call, Reply};

use super::operation::{Operation, Seen, Step, Target, Version};
use super::reference::{Chosen, Kept, Project, Tenant, choose};
use crate::uuid;

/// Pages of one list at most.
const PAGES_MAX: usize = 100;

pub(super) fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    match holds {
        true => Ok(()),
        false => Err(what()),
    }
}

fn status(reply: &Reply, expected: u16) -> Result<(), String> {
    ensure(reply.status.as_u16() == expected, || {
        let body = String::from_utf8_lossy(&reply.body);
        format!("{} instead of {expected}: {body}", reply.status)
    })
}

/// Rows as they are shown, newest first, are the tenant's.
pub(super) fn same_rows(tenant: &Tenant, rows: &[Value], version: Version) -> Result<(), String> {
    let mut pairs = tenant.projects.iter().rev().zip(rows);
    let same = pairs.all(|(project, row)| project.is_shown_by(row, version));
    ensure(same && rows.len() == tenant.projects.len(), || {
        format!("{rows:?} instead of {:?}", tenant.projects)
    })
}

/// Makes a step's call and brings the model up to date.
pub(super) async fn step(
    service: &Router,
    tenants: &mut [Tenant],
    step: &Step,
) -> Result<(), String> {
    let (by, version) = (step.tenant, step.version);
    match &step.operation {
        Operation::Create { key, name } => {
            create(service, &mut tenants[by], version, *key, *name).await
        }
        Operation::List { rows } => list(service, &tenants[by], version, *rows).await,
        Operation::Borrow { from, rows } => {
            let own = *from == by;
            borrow(
                service,
                [&tenants[*from], &tenants[by]],
                own,
                version,
                *rows,
            )
            .await
        }
        Operation::Find { target } => find(service, tenants, by, version, target).await,
        Operation::Rename { target, seen, name } => {
            rename(service, tenants, (by, version), target, (*seen, *name)).await
        }
        Operation::Delete { target, seen } => {
            delete(service, tenants, (by, version), target, *seen).await
        }
    }
}

async fn create(
    service: &Router,
    tenant: &mut Tenant,
    version: Version,
    key: Option<u8>,
    name: u8,
) -> Result<(), String> {
    let name = format!("name-{name}");
    let key = match (key, version) {
        (Some(key), _) => Some(format!("key-{key}")),
        (None, Version::V1) => None,
        (None, Version::V2) => Some(uuid()),
    };
    let mut call = Call::post(version.list(), &json!({ "name": name }));
    if let Some(key) = &key {
        call = call.header("idempotency-key", key);
    }
    let reply = call.by(&tenant.caller).send(service).await;
    let request = format!("{} {name}", version.list());
    let replayed = reply.header("idempotent-replayed") == "true";
    if let Some(kept) = key.as_ref().and_then(|key| tenant.kept.get(key)) {
        if kept.request != request {
            return status(&reply, 422);
        }
        status(&reply, 201)?;
        return ensure(replayed && reply.body == kept.body, || {
            "idempotency: the kept answer is another one".to_owned()
        });
    }
    status(&reply, 201)?;
    ensure(!replayed, || {
        "answered with somebody's kept answer".to_owned()
    })?;
    let project = Project {
        id: reply.json()["id"].as_str().unwrap_or_default().to_owned(),
        name,
        version: 1,
    };
    ensure(project.is_shown_by(&reply.json(), version), || {
        format!("{} instead of {project:?}", reply.json())
    })?;
    tenant.projects.push(project);
    if let Some(key) = key {
        let body = reply.body;
        tenant.kept.insert(key, Kept { request, body });
    }
    Ok(())
}

/// Version 1 counts its pages, version 2 follows cursors.
async fn list(
    service: &Router,
    tenant: &Tenant,
    version: Version,
    rows: u32,
) -> Result<(), String> {
    let mut found = Vec::new();
    let mut target = format!("{}?limit={rows}", version.list());
    for number in 2..PAGES_MAX {
        let page = Call::get(&target).by(&tenant.caller).send(service).await;
        status(&page, 200)?;
        let page = page.json();
        let next = match version {
            Version::V1 => {
                found.extend(page.as_array().cloned().unwrap_or_default());
                let full = page.as_array().is_some_and(|page| !page.is_empty());
                full.then(|| format!("page={number}"))
            }
            Version::V2 => {
                found.extend(page["data"].as_array().cloned().unwrap_or_default());
                let cursor = page["meta"]["next_cursor"].as_str();
                cursor.map(|cursor| format!("cursor={cursor}"))
            }
        };
        let Some(next) = next else {
            return same_rows(tenant, &found, version);
        };
        target = format!("{}?limit={rows}&{next}", version.list());
    }
    Err("the list does not end".to_owned())
}

async fn borrow(
    service: &Router,
    [lender, borrower]: [&Tenant; 2],
    own: bool,
    version: Version,
    rows: u32,
) -> Result<(), String> {
    let target = format!("/v2/projects?limit={rows}");
    let page = Call::get(&target).by(&lender.caller).send(service).await;
    let page = page.json();
    let Some(cursor) = page["meta"]["next_cursor"].as_str() else {
        return Ok(());
    };
    let target = format!("{}?cursor={cursor}", version.list());
    let reply = Call::get(&target).by(&borrower.caller).send(service).await;
    status(&reply, if own { 200 } else { 400 })
}

/// Asks for what was chosen; where it is not the caller's, it is answered as what never was.
async fn ask(
    service: &Router,
    tenant: &Tenant,
    chosen: &Chosen,
    call: impl Fn(&Chosen) -> Call,
) -> Result<Reply, String> {
    let reply = call(chosen).by(&tenant.caller).send(service).await;
    if chosen.own.is_none() {
        let absent = call(&chosen.absent())
            .by(&tenant.caller)
            .send(service)
            .await;
        status(&reply, 404)?;
        status(&absent, 404)?;
        let same = reply.body == absent.body && reply.headers.keys().eq(absent.headers.keys());
        ensure(same, || format!("{reply:?} is not {absent:?}"))?;
    }
    Ok(reply)
}

async fn find(
    service: &Router,
    tenants: &[Tenant],
    by: usize,
    version: Version,
    target: &Target,
) -> Result<(), String> {
    let chosen = choose(tenants, by, target);
    let path = |chosen: &Chosen| Call::get(&format!("{}/{}", version.list(), chosen.id));
    let reply = ask(service, &tenants[by], &chosen, path).await?;
    let Some(own) = chosen.own else { return Ok(()) };
    status(&reply, 200)?;
    let project = &tenants[by].projects[own];
    let shown = project.is_shown_by(&reply.json(), version);
    ensure(shown && reply.header("etag") == project.tag(), || {
        format!("{} instead of {project:?}", reply.json())
    })
}

async fn rename(
    service: &Router,
    tenants: &mut [Tenant],
    (by, version): (usize, Version),
    target: &Target,
    (seen, name): (Seen, u8),
) -> Result<(), String> {
    let chosen = choose(tenants, by, target);
    let name = format!("name-{name}");
    let call = |chosen: &Chosen| {
        let path = format!("{}/{}", version.list(), chosen.id);
        let call = match version {
            Version::V1 => Call::new("PUT", &path),
            Version::V2 => Call::new("PATCH", &path).header("if-match", &chosen.if_match(seen)),
        };
        call.json(&json!({ "name": name }))
    };
    let reply = ask(service, &tenants[by], &chosen, call).await?;
    let Some(own) = chosen.own else { return Ok(()) };
    if is_stale(version, seen) {
        return status(&reply, 412);
    }
    status(&reply, 200)?;
    let project = &mut tenants[by].projects[own];
    project.name = name;
    project.version += 1;
    ensure(project.is_shown_by(&reply.json(), version), || {
        format!("{} instead of {project:?}", reply.json())
    })
}

async fn delete(
    service: &Router,
    tenants: &mut [Tenant],
    (by, version): (usize, Version),
    target: &Target,
    seen: Seen,
) -> Result<(), String> {
    let chosen = choose(tenants, by, target);
    let call = |chosen: &Chosen| {
        let call = Call::new("DELETE", &format!("{}/{}", version.list(), chosen.id));
        call.header("if-match", &chosen.if_match(seen))
    };
    let reply = ask(service, &tenants[by], &chosen, call).await?;
    let Some(own) = chosen.own else { return Ok(()) };
    if is_stale(version, seen) {
        return status(&reply, 412);
    }
    status(&reply, 204)?;
    let gone = tenants[by].projects.remove(own);
    tenants[by].deleted.push(gone.id);
    Ok(())
}

/// Version 1 does not ask which version a caller has seen.
fn is_stale(version: Version, seen: Seen) -> bool {
    version == Version::V2 && matches!(seen, Seen::Stale)
}
