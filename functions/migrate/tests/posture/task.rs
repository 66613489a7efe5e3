//! The function's events, handed to it as JSON in a database of the test's own.

use migrate::{Invocation, MigrateError};
use serde_json::{Value, json};
use shared::db::DatabaseConfig;
use shared::deadline::Deadline;
use uuid::Uuid;

use crate::database::Database;

/// What the function answers to an event.
pub(crate) async fn ask(database: &Database, event: Value) -> Result<Value, MigrateError> {
    ask_until(database, event, &Deadline::never()).await
}

/// As [`ask`], with an end to the invocation.
pub(crate) async fn ask_until(
    database: &Database,
    event: Value,
    deadline: &Deadline,
) -> Result<Value, MigrateError> {
    let event: Invocation = serde_json::from_value(event).unwrap();
    let config = DatabaseConfig::new(&database.owner_url(), None, None).unwrap();
    let answer = migrate::perform(event, &config, deadline).await?;
    Ok(serde_json::to_value(answer).unwrap())
}

pub(crate) fn provision(tenant: Uuid) -> Value {
    json!({ "provision_silo": { "tenant_id": tenant } })
}

pub(crate) fn relocate(tenant: Uuid, to: &str) -> Value {
    json!({ "move_tenant": { "tenant_id": tenant, "to": to } })
}

/// The schema of a tenant's silo.
pub(crate) fn schema(tenant: Uuid) -> String {
    format!("t_{}", tenant.simple())
}

/// Everything that the linter insists on, in words; empty is good.
pub(crate) async fn holes(database: &Database) -> Vec<String> {
    let mut owner = database.owner().await;
    let transaction = owner.transaction().await.unwrap();
    let findings = migrate::lint::findings(&transaction).await.unwrap();
    findings
        .iter()
        .filter(|finding| finding.severity == migrate::lint::Severity::Error)
        .map(ToString::to_string)
        .collect()
}
