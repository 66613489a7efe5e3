//! Whom a run waits for, and for how long it goes on.

use std::time::Duration;

use migrate::MigrateError;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::deadline::Deadline;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::database::Database;
use crate::moving::{DOOR_WITHOUT_LOCK, fill, holdings, rows, until_tier};
use crate::seed;
use crate::task::{ask, ask_until, relocate};

const MARGIN: Duration = Duration::from_secs(30);

/// A writer who entered by a door that took no lock, which a migration has replaced since.
async fn writer_from_before(database: &Database, tenant: Uuid) -> Client {
    let owner = database.owner().await;
    let door = "SELECT pg_get_functiondef('app.enter(uuid)'::regprocedure)";
    let door: String = owner.query_one(door, &[]).await.unwrap().get(0);
    owner.batch_execute(DOOR_WITHOUT_LOCK).await.unwrap();
    let writer = database.entered("projects", tenant).await;
    let insert = "INSERT INTO projects (id, name) VALUES (gen_random_uuid(), 'late')";
    writer.batch_execute(insert).await.unwrap();
    let migrated = format!("SET ROLE app_owner; {door}; RESET ROLE");
    owner.batch_execute(&migrated).await.unwrap();
    writer
}

#[tokio::test]
async fn a_run_ends_only_after_those_who_came_in_before_it() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await.id;
        let writer = writer_from_before(&database, acme).await;
        let clock = Clock::fixed(Clock::System.now());
        let over = Deadline::new(clock.clone(), clock.now(), MARGIN);
        for _ in ["once", "and again"] {
            let left = ask_until(&database, json!({}), &over).await;
            assert!(
                matches!(left, Err(MigrateError::ReadersLeft(1))),
                "{left:?}"
            );
        }
        writer.batch_execute("COMMIT").await.unwrap();
        migrate::apply(&database.owner_url()).await.unwrap();
        let moved = ask(&database, relocate(acme, "silo")).await.unwrap();
        assert_eq!(moved["rows"], json!(2), "the writer's row, too");
    })
    .await;
}

/// The control: moved with no such run before, the tenant loses a row that was acknowledged.
#[tokio::test]
async fn without_such_a_run_a_write_is_lost() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await.id;
        let writer = writer_from_before(&database, acme).await;
        let owner = database.owner().await;
        let commit = async {
            until_tier(&owner, acme, "silo").await;
            writer.batch_execute("COMMIT").await.expect("acknowledged");
        };
        let (moved, ()) = tokio::join!(ask(&database, relocate(acme, "silo")), commit);
        assert_eq!(moved.unwrap()["rows"], json!(1));
        assert_eq!(rows(&database.entered("projects", acme).await).await, 1);
    })
    .await;
}

/// More than two transactions remove.
const ROWS: i32 = 12_000;
/// How many the first one leaves: the seed's row is one more.
const LEFT_BY_FIRST: i64 = 7_001;

/// Moves a tenant of [`ROWS`] to a silo, and has the second transaction that clears the pool wait until
/// `meanwhile` is over.
async fn moved_while(
    database: &Database,
    tenant: Uuid,
    deadline: &Deadline,
    meanwhile: impl FnOnce(),
) -> Result<Value, MigrateError> {
    fill(database, tenant, ROWS).await;
    let holder = database.owner().await;
    let hold = format!(
        "BEGIN; SET LOCAL ROLE app_owner; SET LOCAL app.current_tenant = '{tenant}';
         SELECT FROM (SELECT id FROM projects.projects ORDER BY ctid OFFSET 8000 LIMIT 1) AS last
           JOIN projects.projects AS p ON p.id = last.id FOR UPDATE OF p"
    );
    holder.batch_execute(&hold).await.unwrap();
    let scene = async {
        while holdings(database, tenant).await.3 != LEFT_BY_FIRST {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        meanwhile();
        holder.batch_execute("ROLLBACK").await.unwrap();
    };
    let run = ask_until(database, relocate(tenant, "silo"), deadline);
    tokio::join!(run, scene).0
}

#[tokio::test]
async fn clearing_a_place_ends_before_the_deadline_and_goes_on_later() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await.id;
        let clock = Clock::fixed(Clock::System.now());
        let end = clock.now() + 2 * MARGIN;
        let deadline = Deadline::new(clock.clone(), end, MARGIN);
        let late = || clock.advance(end - clock.now());
        let left = moved_while(&database, acme, &deadline, late).await;
        assert!(matches!(left, Err(MigrateError::OutOfTime)), "{left:?}");
        let holds = holdings(&database, acme).await;
        assert_eq!((holds.0, holds.2, holds.3), (12_001, 12_001, 2_001));
        migrate::apply(&database.owner_url()).await.unwrap();
        let holds = holdings(&database, acme).await;
        assert_eq!((holds.0, holds.2, holds.3), (12_001, 12_001, 0));
    })
    .await;
}

/// The control: where the time does not run out, the same run clears all of it.
#[tokio::test]
async fn clearing_a_place_in_time_leaves_nothing() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await.id;
        let moved = moved_while(&database, acme, &Deadline::never(), || ()).await;
        assert_eq!(moved.unwrap()["rows"], json!(12_001));
        assert_eq!(holdings(&database, acme).await.3, 0);
    })
    .await;
}
