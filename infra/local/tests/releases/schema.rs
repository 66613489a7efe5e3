//! Databases as a release leaves them.

use refinery::Target;
use testkit::TestDatabase;

refinery::embed_migrations!("../migrations");

/// Where the product keeps the applied versions.
const HISTORY_TABLE: &str = "public.schema_history";

/// A migration: its number, and what it is called.
pub(crate) fn files() -> Vec<(i32, String)> {
    let runner = migrations::runner();
    let files = runner.get_migrations().iter();
    let mut files: Vec<_> = files
        .map(|file| (file.version(), file.name().to_owned()))
        .collect();
    files.sort();
    files
}

/// The number of the last file.
pub(crate) fn newest() -> i32 {
    files().last().unwrap().0
}

/// Applies what is missing up to the file `version`.
pub(crate) async fn migrate_to(database: &TestDatabase, version: i32) {
    let mut runner = migrations::runner().set_target(Target::Version(version));
    runner.set_migration_table_name(HISTORY_TABLE);
    runner.run_async(&mut database.owner().await).await.unwrap();
}

/// A new database as the release `version` leaves it.
pub(crate) async fn of_release(version: i32) -> TestDatabase {
    let database = TestDatabase::empty().await;
    migrate_to(&database, version).await;
    database
}

/// Changes a database as its schemas' owner, or as it is said.
pub(crate) async fn change(database: &TestDatabase, sql: &str) {
    let sql = format!("SET ROLE app_owner; {sql}");
    let changed = database.owner().await.batch_execute(&sql).await;
    changed.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}
