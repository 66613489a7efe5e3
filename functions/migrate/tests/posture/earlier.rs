//! Databases as an earlier release left them, for tests of what a later one makes of them.

use refinery::Target;

use crate::database::Database;

refinery::embed_migrations!("../../infra/migrations");

/// Where the product keeps the applied versions.
const HISTORY_TABLE: &str = "public.schema_history";

/// Applies what is missing up to `version`, and does nothing else that a run of the product does.
pub(crate) async fn migrate_to(database: &Database, version: i32) {
    let mut runner = migrations::runner().set_target(Target::Version(version));
    runner.set_migration_table_name(HISTORY_TABLE);
    runner.run_async(&mut database.owner().await).await.unwrap();
}
