//! Migrating all silos: some at a time, each on its own, until the time is up and then on.

use std::time::Duration;

use futures_util::future::join_all;
use migrate::MigrateError;
use serde_json::json;
use shared::clock::Clock;
use shared::deadline::Deadline;
use tokio_postgres::Client;

use crate::database::Database;
use crate::seed;
use crate::task::{ask, ask_until, holes, provision, relocate};

/// Schemas as a later version finds them: there, and without what it adds.
pub(crate) async fn add_silos(owner: &Client, silos: u32) {
    let sql = format!(
        "DO $$ BEGIN FOR n IN 1..{silos} LOOP
           EXECUTE format('CREATE SCHEMA t_%s AUTHORIZATION app_owner', lpad(n::text, 4, '0'));
         END LOOP; END $$"
    );
    owner.batch_execute(&sql).await.unwrap();
}

/// How many silos are registered with a version.
pub(crate) async fn registered(owner: &Client) -> i64 {
    let count = "SELECT count(*) FROM app.silo_migrations";
    owner.query_one(count, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn two_hundred_silos_are_brought_up_to_date_and_then_none() {
    const SILOS: u32 = 200;
    Database::with_migrated(async |database| {
        let owner = database.owner().await;
        add_silos(&owner, SILOS).await;
        let applied = migrate::apply(&database.owner_url()).await.unwrap();
        assert_eq!((applied.silos, registered(&owner).await), (200, 200));
        assert_eq!(holes(&database).await, [""; 0]);
        let again = migrate::apply(&database.owner_url()).await.unwrap();
        assert_eq!(again.silos, 0);
    })
    .await;
}

#[tokio::test]
async fn a_silo_that_refuses_is_named_and_keeps_nobody_from_going_on() {
    Database::with_migrated(async |database| {
        let owner = database.owner().await;
        add_silos(&owner, 12).await;
        let in_the_way = "SET ROLE app_owner; CREATE TABLE t_0007.projects (); RESET ROLE";
        owner.batch_execute(in_the_way).await.unwrap();
        let error = migrate::apply(&database.owner_url()).await.unwrap_err();
        let MigrateError::Silos(left) = &error else {
            panic!("{error}");
        };
        assert_eq!((left.done, left.remaining, left.failed.len()), (11, 0, 1));
        let text = error.to_string();
        assert!(
            text.contains("t_0007: ") && text.contains("already exists"),
            "{text}"
        );
        assert_eq!(registered(&owner).await, 11);

        owner
            .batch_execute("DROP TABLE t_0007.projects")
            .await
            .unwrap();
        let applied = migrate::apply(&database.owner_url()).await.unwrap();
        assert_eq!(applied.silos, 1);
    })
    .await;
}

#[tokio::test]
async fn a_lock_on_one_silo_is_waited_for() {
    Database::with_migrated(async |database| {
        let owner = database.owner().await;
        add_silos(&owner, 3).await;
        // Another runner's line of the register, which is not kept in the end.
        let holder = database.owner().await;
        let hold = "BEGIN; INSERT INTO app.silo_migrations VALUES ('t_0002', 1, 'x', sha256('x'))";
        holder.batch_execute(hold).await.unwrap();
        let release = async {
            tokio::time::sleep(Duration::from_millis(2_500)).await;
            holder.batch_execute("ROLLBACK").await.unwrap();
        };
        let url = database.owner_url();
        let (applied, ()) = tokio::join!(migrate::apply(&url), release);
        assert_eq!(applied.unwrap().silos, 3);
    })
    .await;
}

/// The deadline's clock stands still until a fifth of the work is done, and then it is late.
#[tokio::test]
async fn a_run_ends_before_its_deadline_and_says_what_remains() {
    const SILOS: u32 = 60;
    Database::with_migrated(async |database| {
        let owner = database.owner().await;
        add_silos(&owner, SILOS).await;
        let begun = Clock::System.now();
        let clock = Clock::fixed(begun);
        let end = begun + Duration::from_mins(15);
        let deadline = Deadline::new(clock.clone(), end, Duration::from_secs(30));
        let watch = async {
            while registered(&owner).await < i64::from(SILOS / 5) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            clock.advance(end - begun);
        };
        let run = ask_until(&database, json!({}), &deadline);
        let (outcome, ()) = tokio::join!(run, watch);
        let Err(MigrateError::Silos(left)) = outcome else {
            panic!("{outcome:?}");
        };
        assert!(
            left.failed.is_empty() && left.remaining > 0 && left.done >= 12,
            "{left:?}"
        );
        assert_eq!(left.done + left.remaining, 60);

        let applied = migrate::apply(&database.owner_url()).await.unwrap();
        assert_eq!(applied.silos, left.remaining, "it goes on where it was");
    })
    .await;
}

#[tokio::test]
async fn what_one_silo_lacks_fails_a_deployment() {
    Database::with_migrated(async |database| {
        let mut tenants = Vec::new();
        for name in ["acme", "beta", "gamma", "delta"] {
            tenants.push(seed::tenant(&database, name).await);
        }
        let tasks = tenants.iter().enumerate().map(|(place, tenant)| {
            let event = match place % 2 {
                0 => relocate(tenant.id, "silo"),
                _ => provision(tenant.id),
            };
            ask(&database, event)
        });
        for outcome in join_all(tasks).await {
            outcome.unwrap();
        }
        assert_eq!(holes(&database).await, [""; 0]);
        let schema = crate::task::schema(tenants[2].id);
        let owner = database.owner().await;
        for (sql, hole) in [
            (
                format!("ALTER TABLE {schema}.projects DISABLE TRIGGER tally_delete"),
                format!("tally_not_kept ({schema}.projects)"),
            ),
            (
                format!("ALTER TABLE {schema}.projects NO FORCE ROW LEVEL SECURITY"),
                format!("rls_not_forced ({schema}.projects)"),
            ),
        ] {
            let faulty = format!("SET ROLE app_owner; {sql}");
            owner.batch_execute(&faulty).await.unwrap();
            let refused = migrate::apply(&database.owner_url()).await.unwrap_err();
            let text = refused.to_string();
            assert!(text.contains(&hole), "{text}");
        }
        // A migration of the pool alone is missing in each of them.
        let alone = "ALTER TABLE projects.projects ADD COLUMN note text";
        owner.batch_execute(alone).await.unwrap();
        let text = holes(&database).await.join("\n");
        for tenant in &tenants {
            let schema = crate::task::schema(tenant.id);
            let hole = format!("silo_differs ({schema}.projects lacks column note text)");
            assert!(text.contains(&hole), "{text}");
        }
    })
    .await;
}
