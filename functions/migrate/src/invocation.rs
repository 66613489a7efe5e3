//! The function's edge: one plain invocation, one answer.

use lambda_runtime::LambdaEvent;
use serde::Deserialize;
use shared::db::DatabaseConfig;

use crate::apply::run;
use crate::lint::Strictness;
use crate::{Applied, MigrateError};

/// The event `{}`: there is nothing to say, the binary holds the schema it stands for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invocation {}

/// Migrates the database of `DATABASE_URL` and answers with what was applied.
///
/// A finding of the linter fails the invocation, warnings included: this is how a deployment
/// learns that it must not go on.
pub async fn handle(_event: LambdaEvent<Invocation>) -> Result<Applied, MigrateError> {
    run(&DatabaseConfig::from_env()?, Strictness::Insisting).await
}
