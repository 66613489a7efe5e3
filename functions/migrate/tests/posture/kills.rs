//! The function's program, killed at random moments: whatever it was at, the next run ends it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{Outcome, Program, part_of};
use uuid::Uuid;

use crate::database::Database;
use crate::moving::{fill, holdings};
use crate::seed;
use crate::silos::{add_silos, registered};
use crate::task::{holes, provision, relocate, schema};

/// How often each kind of work is killed.
const KILLS: u32 = 50;
/// How many runs may be needed for that: some end before their time.
const RUNS_MAX: u32 = 400;

async fn invoke(database: &Database, event: &Value, life: Option<Duration>) -> Outcome {
    Program::new("migrate", env!("CARGO_BIN_EXE_migrate"))
        .env("DATABASE_URL", database.owner_url())
        .invoke(event, life)
        .await
}

/// An event that is not killed, and how long it takes.
async fn whole(database: &Database, event: &Value) -> Duration {
    let begun = Instant::now();
    match invoke(database, event, None).await {
        Outcome::Answered(_) => begun.elapsed(),
        // The server of the machine may be older than a deployment would accept.
        Outcome::Failed(error) if error.to_string().contains("posture: server_too_old") => {
            begun.elapsed()
        }
        other => panic!("{event}: {other:?}"),
    }
}

#[tokio::test]
async fn provisioning_is_completed_by_the_next_run() {
    Database::with_migrated(async |database| {
        let first = seed::tenant(&database, "first").await.id;
        let takes = whole(&database, &provision(first)).await;
        let owner = database.owner().await;
        let (mut kills, mut runs, mut halfway) = (0, 0, 0);
        while kills < KILLS {
            runs += 1;
            assert!(runs <= RUNS_MAX, "{kills} kills in {runs} runs");
            let tenant = Uuid::now_v7();
            let found = "INSERT INTO app.tenants (id, name) VALUES ($1, 'x')";
            owner.execute(found, &[&tenant]).await.unwrap();
            let outcome = invoke(&database, &provision(tenant), Some(part_of(takes))).await;
            kills += u32::from(matches!(outcome, Outcome::Killed));
            let before = registered(&owner).await;
            whole(&database, &provision(tenant)).await;
            halfway += u32::from(registered(&owner).await > before);
            let tables = "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'v') AND relnamespace = to_regnamespace($1)";
            let tables: i64 = owner
                .query_one(tables, &[&schema(tenant)])
                .await
                .unwrap()
                .get(0);
            assert_eq!(tables, 3, "projects, its view and its tally");
        }
        assert!(halfway > 0, "no run was killed before its end");
        assert_eq!(holes(&database).await, [""; 0]);
    })
    .await;
}

/// Some kills come in a row before a run gets to its end, as with a machine that is failing.
#[tokio::test]
async fn migrating_silos_is_completed_by_the_next_runs() {
    const SILOS: u32 = 200;
    const KILLS_IN_A_ROW: u32 = 5;
    const UNDO: &str = "
        DO $$ DECLARE s text; BEGIN
          FOR s IN SELECT nspname FROM pg_namespace WHERE nspname ^@ 't_' LOOP
            EXECUTE format('DROP SCHEMA %I CASCADE', s);
            EXECUTE format('CREATE SCHEMA %I AUTHORIZATION app_owner', s);
          END LOOP;
          DELETE FROM app.silo_migrations;
        END $$";
    let all = i64::from(SILOS);
    Database::with_migrated(async |database| {
        let owner = database.owner().await;
        add_silos(&owner, SILOS).await;
        let takes = whole(&database, &json!({})).await;
        assert_eq!(registered(&owner).await, all);
        let (mut kills, mut runs, mut halfway) = (0, 0, 0);
        while kills < KILLS {
            owner.batch_execute(UNDO).await.unwrap();
            for _ in 0..KILLS_IN_A_ROW {
                runs += 1;
                assert!(runs <= RUNS_MAX, "{kills} kills in {runs} runs");
                let outcome = invoke(&database, &json!({}), Some(part_of(takes))).await;
                kills += u32::from(matches!(outcome, Outcome::Killed));
                halfway += u32::from((1..all).contains(&registered(&owner).await));
            }
            whole(&database, &json!({})).await;
            assert_eq!(registered(&owner).await, all);
        }
        assert!(halfway > 0, "no run was killed among its silos");
        assert_eq!(holes(&database).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn moving_is_completed_by_the_next_run() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await.id;
        let pooled = seed::tenant(&database, "pooled").await.id;
        let siloed = seed::tenant(&database, "siloed").await.id;
        fill(&database, acme, 2_000).await;
        whole(&database, &relocate(siloed, "silo")).await;
        let takes = whole(&database, &relocate(acme, "silo")).await;
        let others = (
            holdings(&database, pooled).await,
            holdings(&database, siloed).await,
        );
        let expected = holdings(&database, acme).await;
        let (mut kills, mut runs, mut at) = (0, 0, 0);
        while kills < KILLS {
            runs += 1;
            assert!(runs <= RUNS_MAX, "{kills} kills in {runs} runs");
            let (to, in_pool) = [("pool", 2_001), ("silo", 0)][at % 2];
            at += 1;
            let outcome = invoke(&database, &relocate(acme, to), Some(part_of(takes))).await;
            kills += u32::from(matches!(outcome, Outcome::Killed));
            // Whatever it was at: nothing is lost, nothing is twice.
            let now = holdings(&database, acme).await;
            assert_eq!((&now.0, &now.1, now.2), (&expected.0, &expected.1, 2_001));
            whole(&database, &relocate(acme, to)).await;
            let now = holdings(&database, acme).await;
            assert_eq!(
                (&now.0, &now.1, now.2, now.3),
                (&expected.0, &expected.1, 2_001, in_pool)
            );
            // Nobody is refused for a mover that is gone.
            fill(&database, pooled, 0).await;
            fill(&database, acme, 0).await;
            assert_eq!(holes(&database).await, [""; 0], "after {runs} runs");
        }
        let after = (
            holdings(&database, pooled).await,
            holdings(&database, siloed).await,
        );
        assert_eq!(after, others);
    })
    .await;
}
