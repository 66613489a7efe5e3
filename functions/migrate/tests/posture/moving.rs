//! Moving a tenant: what writers and readers see of it, and what stays true when it fails.

use std::time::Duration;

use migrate::MigrateError;
use serde_json::json;
use shared::deadline::Deadline;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::database::{Database, state};
use crate::seed;
use crate::task::{ask, ask_until, holes, relocate, schema};

const COUNT: &str = "SELECT count(*) FROM projects";

/// `app.enter` as it was before writers took a lock.
pub(crate) const DOOR_WITHOUT_LOCK: &str = "
    SET ROLE app_owner;
    CREATE OR REPLACE FUNCTION app.enter(tenant uuid) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
    DECLARE
      silo text;
    BEGIN
      SELECT a.silo_schema INTO silo FROM app.admit(enter.tenant) AS a;
      PERFORM set_config('app.current_tenant', enter.tenant::text, true);
      IF silo IS NOT NULL THEN
        PERFORM set_config('search_path', silo || ', ' || current_setting('search_path'), true);
      END IF;
    END $$;
    RESET ROLE";

/// Rows and their contents in any order, the tally, and how many rows the pool has.
pub(crate) async fn holdings(database: &Database, tenant: Uuid) -> (i64, String, i64, i64) {
    let client = database.service("projects").await;
    client
        .batch_execute(&format!("BEGIN READ ONLY; SELECT app.enter('{tenant}')"))
        .await
        .unwrap();
    let sql = "
        SELECT count(*), coalesce(sum(hashtextextended(p::text, 0)::numeric), 0)::text,
               (SELECT coalesce(sum(t.rows), 0)::bigint FROM tallies AS t WHERE t.table_name = 'projects'),
               (SELECT count(*) FROM projects.projects)
          FROM projects AS p";
    let row = client.query_one(sql, &[]).await.unwrap();
    (row.get(0), row.get(1), row.get(2), row.get(3))
}

/// Adds projects of every shape.
pub(crate) async fn fill(database: &Database, tenant: Uuid, rows: i32) {
    let client = database.entered("projects", tenant).await;
    let sql = "INSERT INTO projects (id, name, description, status, version, created_at)
               SELECT gen_random_uuid(), 'Ünï \" , ( ' || n, repeat(E'\\n\\\\x', n % 7),
                      CASE WHEN n % 3 = 0 THEN 'archived' ELSE 'active' END, n % 5,
                      now() - n * interval '1.000001 seconds'
                 FROM generate_series(1, $1::int) AS n";
    client.execute(sql, &[&rows]).await.unwrap();
    client.batch_execute("COMMIT").await.unwrap();
}

pub(crate) async fn rows(client: &Client) -> i64 {
    client.query_one(COUNT, &[]).await.unwrap().get(0)
}

async fn tier(owner: &Client, tenant: Uuid) -> String {
    let tier = "SELECT tier FROM app.tenants WHERE id = $1";
    owner.query_one(tier, &[&tenant]).await.unwrap().get(0)
}

/// Waits until the register says so; the test's own end is the limit.
pub(crate) async fn until_tier(owner: &Client, tenant: Uuid, expected: &str) {
    while tier(owner, tenant).await != expected {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn there_and_back_every_row_is_the_same() {
    const ROWS: i32 = 10_500;
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await.id;
        let beta = seed::tenant(&database, "beta").await.id;
        fill(&database, acme, ROWS).await;
        let (of_acme, of_beta) = (
            holdings(&database, acme).await,
            holdings(&database, beta).await,
        );
        assert_eq!((of_acme.0, of_acme.2), (10_501, 10_501));
        for (to, in_pool) in [
            ("silo", 0),
            ("silo", 0),
            ("pool", 10_501),
            ("silo", 0),
            ("pool", 10_501),
        ] {
            ask(&database, relocate(acme, to)).await.unwrap();
            let now = holdings(&database, acme).await;
            assert_eq!(
                (&now.0, &now.1, &now.2, now.3),
                (&of_acme.0, &of_acme.1, &of_acme.2, in_pool)
            );
            assert_eq!(holdings(&database, beta).await, of_beta);
            assert_eq!(holes(&database).await, [""; 0]);
        }
        let owner = database.owner().await;
        let left = "SELECT (SELECT count(*) FROM app.vacated)
                         + (SELECT count(*) FROM app.silo_migrations)
                         + (SELECT count(*) FROM pg_namespace WHERE nspname ^@ 't_')";
        let left: i64 = owner.query_one(left, &[]).await.unwrap().get(0);
        assert_eq!(left, 0, "nothing of the silo is left");
    })
    .await;
}

#[tokio::test]
async fn earlier_writers_are_waited_for_and_later_ones_refused() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await.id;
        let beta = seed::tenant(&database, "beta").await.id;
        let insert = "INSERT INTO projects (id, name) VALUES (gen_random_uuid(), 'late')";
        let writer = database.entered("projects", acme).await;
        writer.batch_execute(insert).await.unwrap();
        let scene = async {
            let other = database.service("projects").await;
            let refused = loop {
                // It is let in until the mover comes.
                other.batch_execute("BEGIN").await.unwrap();
                let entered = other.execute("SELECT app.enter($1)", &[&acme]).await;
                other.batch_execute("ROLLBACK").await.unwrap();
                match entered {
                    Ok(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                    refused => break state(refused),
                }
            };
            assert_eq!(refused.code(), "TN004");
            other.batch_execute("BEGIN READ ONLY").await.unwrap();
            let enter = "SELECT app.enter($1)";
            other.execute(enter, &[&acme]).await.expect("a reader");
            assert_eq!(rows(&other).await, 1);
            other.batch_execute("COMMIT; BEGIN").await.unwrap();
            other
                .execute(enter, &[&beta])
                .await
                .expect("another tenant's writer");
            other.batch_execute("COMMIT").await.unwrap();
            writer.batch_execute("COMMIT").await.unwrap();
        };
        let (moved, ()) = tokio::join!(ask(&database, relocate(acme, "silo")), scene);
        assert_eq!(moved.unwrap()["rows"], json!(2), "the writer's row, too");
        assert_eq!(rows(&database.entered("projects", acme).await).await, 2);
    })
    .await;
}

/// The control: without the lock, a write that was acknowledged is lost.
#[tokio::test]
async fn without_the_lock_a_write_is_lost() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await.id;
        let owner = database.owner().await;
        owner.batch_execute(DOOR_WITHOUT_LOCK).await.unwrap();
        let insert = "INSERT INTO projects (id, name) VALUES (gen_random_uuid(), 'late')";
        let writer = database.entered("projects", acme).await;
        writer.batch_execute(insert).await.unwrap();
        let commit = async {
            until_tier(&owner, acme, "silo").await;
            writer.batch_execute("COMMIT").await.expect("acknowledged");
        };
        let (moved, ()) = tokio::join!(ask(&database, relocate(acme, "silo")), commit);
        assert_eq!(moved.unwrap()["rows"], json!(1));
        assert_eq!(rows(&database.entered("projects", acme).await).await, 1);
        let found = holes(&database).await;
        assert_eq!(found, ["door_altered (app.enter(uuid))"]);
    })
    .await;
}

/// A tenant that nobody lets go of stays where it is, and is written to again.
#[tokio::test]
async fn a_writer_that_does_not_end_ends_the_move() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await.id;
        let writer = database.entered("projects", acme).await;
        let held = "SET LOCAL idle_in_transaction_session_timeout = 0";
        writer.batch_execute(held).await.unwrap();
        let refused = ask(&database, relocate(acme, "silo")).await.unwrap_err();
        assert!(refused.to_string().contains("lock timeout"), "{refused}");
        drop(database.entered("projects", acme).await);
        assert_eq!(rows(&writer).await, 1);
        writer.batch_execute("COMMIT").await.unwrap();
        ask(&database, relocate(acme, "silo")).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_reader_who_came_before_still_finds_its_rows() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await.id;
        let owner = database.owner().await;
        for (to, path) in [
            ("silo", "projects, app".to_owned()),
            ("pool", format!("{}, projects, app", schema(acme))),
        ] {
            let reader = database.service("projects").await;
            reader.batch_execute("BEGIN READ ONLY").await.unwrap();
            reader
                .execute("SELECT app.enter($1)", &[&acme])
                .await
                .unwrap();
            let read = async {
                until_tier(&owner, acme, to).await;
                // Statements after the switch, each with a snapshot of its own.
                for _ in 0..20 {
                    assert_eq!(rows(&reader).await, 1, "to {to}");
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                let shown = reader.query_one("SHOW search_path", &[]).await.unwrap();
                assert_eq!(shown.get::<_, String>(0), path);
                reader.batch_execute("COMMIT").await.unwrap();
            };
            let (moved, ()) = tokio::join!(ask(&database, relocate(acme, to)), read);
            moved.unwrap();
            let old = "SELECT count(*) FROM app.vacated";
            let old: i64 = owner.query_one(old, &[]).await.unwrap().get(0);
            assert_eq!((old, holdings(&database, acme).await.0), (0, 1));
        }
    })
    .await;
}

/// The control: the same reader, where the old place is cleared at once.
#[tokio::test]
async fn a_reader_finds_nothing_where_nobody_waits_for_it() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await.id;
        let reader = database.service("projects").await;
        reader.batch_execute("BEGIN READ ONLY").await.unwrap();
        reader
            .execute("SELECT app.enter($1)", &[&acme])
            .await
            .unwrap();
        let owner = database.owner().await;
        let clear = async {
            until_tier(&owner, acme, "silo").await;
            let delete = format!(
                "BEGIN; SET LOCAL ROLE app_owner; SET LOCAL app.current_tenant = '{acme}';
                 DELETE FROM projects.projects; COMMIT"
            );
            owner.batch_execute(&delete).await.unwrap();
            assert_eq!(rows(&reader).await, 0);
            reader.batch_execute("COMMIT").await.unwrap();
        };
        let (moved, ()) = tokio::join!(ask(&database, relocate(acme, "silo")), clear);
        moved.unwrap();
    })
    .await;
}

/// Readers who stay for too long put the clearing off, and not the move. Anybody's next run does it.
#[tokio::test]
async fn what_is_not_cleared_in_time_is_cleared_by_a_later_run() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await.id;
        fill(&database, acme, 12).await;
        let before = holdings(&database, acme).await;
        let reader = database.service("projects").await;
        reader.batch_execute("BEGIN READ ONLY").await.unwrap();
        reader
            .execute("SELECT app.enter($1)", &[&acme])
            .await
            .unwrap();
        let clock = shared::clock::Clock::fixed(shared::clock::Clock::System.now());
        let end = clock.now() + Duration::from_mins(1);
        let deadline = Deadline::new(clock.clone(), end, Duration::from_secs(30));
        let owner = database.owner().await;
        let late = async {
            until_tier(&owner, acme, "silo").await;
            clock.advance(end - clock.now());
        };
        let run = ask_until(&database, relocate(acme, "silo"), &deadline);
        let (left, ()) = tokio::join!(run, late);
        assert!(
            matches!(left, Err(MigrateError::ReadersLeft(1))),
            "{left:?}"
        );
        let silo = holdings(&database, acme).await;
        assert_eq!(
            (&silo.0, &silo.1, silo.3),
            (&before.0, &before.1, 13),
            "in both places"
        );
        assert_eq!(rows(&reader).await, 13);
        reader.batch_execute("COMMIT").await.unwrap();

        migrate::apply(&database.owner_url()).await.unwrap();
        let cleared = holdings(&database, acme).await;
        assert_eq!((&cleared.1, cleared.2, cleared.3), (&before.1, 13, 0));
    })
    .await;
}
