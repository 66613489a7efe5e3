//! Brings the bundle's database to the newest schema.

use super::PostgresError;

/// Applies what is missing, as the database's owner, and answers what the linter advises.
pub(super) async fn apply(owner_url: &str) -> Result<Vec<String>, PostgresError> {
    let applied = migrate::apply(owner_url)
        .await
        .map_err(|error| PostgresError::Migration(error.to_string()))?;
    Ok(applied.warnings.iter().map(ToString::to_string).collect())
}
