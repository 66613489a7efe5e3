//! Moving a tenant between the pool and its silo, while it is being read.
//!
//! ```text
//! provide the silo ─► switch: lock, copy, compare, register ─► wait for readers ─► vacate
//!                     one transaction, writers refused (TN004)  who came before     the old place
//! ```
//!
//! **Invariant:** a tenant's rows are where the register says, at any time and whatever is killed.
//! The old place keeps its rows until nobody reads them any more, and is written down in
//! `app.vacated` by the transaction that switched, so that every later run can clear it.

mod readers;
mod switch;
mod tables;
mod vacate;

use std::time::Instant;

use serde::{Deserialize, Serialize};
use shared::deadline::Deadline;
use shared::ids::TenantId;
use tokio_postgres::Client;

use crate::session::patiently;
use crate::{MigrateError, register, silo};

/// Where a tenant's rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In the schemas of the domains, with those of others.
    Pool,
    /// In a schema of its own.
    Silo,
}

/// What a move did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Whose rows they are.
    pub tenant_id: TenantId,
    /// Where they are.
    pub to: Place,
    /// False when they had been there already.
    pub moved: bool,
    /// How many were copied.
    pub rows: i64,
    /// For how long the tenant's writes were refused, in milliseconds.
    pub refused_ms: u64,
}

/// Brings a tenant's rows to `to`, and clears what it left elsewhere, now or in an earlier run.
pub(crate) async fn relocate(
    client: &mut Client,
    tenant: TenantId,
    to: Place,
    deadline: &Deadline,
) -> Result<Moved, MigrateError> {
    register::hold(client, tenant).await?;
    let found = register::find(client, tenant).await?;
    found.may_move()?;
    finish(client, tenant, deadline).await?;
    let mut moved = Moved {
        tenant_id: tenant,
        to,
        moved: false,
        rows: 0,
        refused_ms: 0,
    };
    let schema = match (&found.silo_schema, to) {
        (None, Place::Pool) | (Some(_), Place::Silo) => return Ok(moved),
        (Some(schema), Place::Pool) => schema.clone(),
        (None, Place::Silo) => silo::schema_of(tenant),
    };
    silo::provide(client, &schema).await?;
    if deadline.near() {
        return Err(MigrateError::OutOfTime);
    }
    patiently("move", async || {
        let begun = Instant::now();
        let switched = switch::run(client, tenant, to, &schema).await;
        let refused = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        moved.refused_ms = moved.refused_ms.saturating_add(refused);
        moved.rows = switched?;
        Ok(())
    })
    .await?;
    moved.moved = true;
    let (rows, refused_ms) = (moved.rows, moved.refused_ms);
    tracing::info!(tenant.id = %tenant, ?to, schema, rows, refused_ms, "tenant moved");
    finish(client, tenant, deadline).await?;
    Ok(moved)
}

/// Waits for the transactions of services that began before now: under an older schema, or in a place
/// that was left.
pub(crate) async fn wait_for_earlier(
    client: &Client,
    deadline: &Deadline,
) -> Result<(), MigrateError> {
    readers::wait(client, deadline).await
}

/// Clears the place that a tenant has left, once nobody reads there any more.
pub(crate) async fn finish(
    client: &mut Client,
    tenant: TenantId,
    deadline: &Deadline,
) -> Result<(), MigrateError> {
    if let Some(place) = vacate::place_of(client, tenant).await? {
        readers::wait(client, deadline).await?;
        vacate::clear(client, tenant, &place, deadline).await?;
    }
    Ok(())
}

/// Clears what killed runs left of earlier moves. Nobody else may be at work.
///
/// What cannot be cleared stays in `app.vacated`, and in the log.
pub(crate) async fn sweep(client: &mut Client, deadline: &Deadline) -> Result<(), MigrateError> {
    for tenant in vacate::tenants(client).await? {
        if let Err(error) = finish(client, tenant, deadline).await {
            tracing::error!(tenant.id = %tenant, error = %error, "old place not cleared");
        }
    }
    Ok(())
}
