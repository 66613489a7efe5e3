//! A file that no release has yet: there is one so far, and what holds for a second is promised already.

use testkit::TestDatabase;
use tokio_postgres::error::SqlState;

use super::*;

/// It would be content without the schema that it is for.
const LATER: SiloFile = SiloFile {
    version: 2,
    name: "later",
    sql: "CREATE TABLE IF NOT EXISTS app.later ()",
};

async fn silos(client: &Client) -> (i64, i64) {
    let count = "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname ^@ 't_'),
                        (SELECT count(*) FROM app.silo_migrations)";
    let row = client.query_one(count, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

async fn drop_silo(client: &Client, schema: &str) {
    let gone = format!(
        "SET ROLE app_owner; DROP SCHEMA {schema} CASCADE; DELETE FROM app.silo_migrations; RESET ROLE"
    );
    client.batch_execute(&gone).await.unwrap();
}

#[tokio::test]
async fn a_later_file_does_not_bring_back_a_silo_that_has_gone() {
    let database = TestDatabase::new().await;
    let schema = schema_of(database.tenant().await.id());
    let mut client = database.owner().await;
    provide(&mut client, &schema).await.unwrap();
    // Where the silo is, the file is applied.
    apply(&mut client, &schema, &LATER).await.unwrap();
    assert_eq!(silos(&client).await, (1, 2));

    // Gone after the run had found it, with its tenant.
    drop_silo(&client, &schema).await;
    let refused = apply(&mut client, &schema, &LATER).await.unwrap_err();
    let MigrateError::Database(error) = &refused else {
        panic!("{refused}");
    };
    assert_eq!(error.code(), Some(&SqlState::INVALID_SCHEMA_NAME));
    assert_eq!(silos(&client).await, (0, 0), "nothing of it is kept");

    // The control: the first file makes a schema, so one that was taken for it would.
    let first = SiloFile {
        version: FILES[0].version,
        ..LATER
    };
    apply(&mut client, &schema, &first).await.unwrap();
    assert_eq!(silos(&client).await, (1, 1));
}
