//! The sums that triggers keep: as right as a count, whoever writes and whatever becomes of it.

use futures_util::future::join_all;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::database::{Database, state};
use crate::{earlier, seed};

/// How many rows there are, and how many the tally says.
const BOTH: &str = "
    SELECT (SELECT count(*) FROM projects),
           (SELECT coalesce(sum(rows), 0)::bigint FROM tallies WHERE table_name = 'projects')";

/// What the entered tenant has, counted and tallied.
async fn both(client: &Client) -> (i64, i64) {
    let row = client.query_one(BOTH, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

async fn of(database: &Database, tenant: Uuid) -> (i64, i64) {
    both(&database.entered("projects", tenant).await).await
}

/// A statement that adds so many projects.
fn add(rows: u32) -> String {
    format!(
        "INSERT INTO projects (id, name) SELECT gen_random_uuid(), 'x' FROM generate_series(1, {rows})"
    )
}

/// Runs SQL as the owner of everything.
async fn as_owner(database: &Database, sql: &str) {
    let owner = database.owner().await;
    owner.batch_execute("SET ROLE app_owner").await.unwrap();
    owner.batch_execute(sql).await.unwrap();
}

#[tokio::test]
async fn writers_at_the_same_time_leave_an_exact_tally() {
    const WRITERS: u32 = 8;
    const ROUNDS: u32 = 20;
    Database::with_migrated(async |database| {
        let a = seed::tenant(&database, "acme").await.id;
        let b = seed::tenant(&database, "beta").await.id;
        let writers = (0..WRITERS).map(async |writer| {
            let client = database.service("projects").await;
            for round in 0..ROUNDS {
                let tenant = if (writer + round) % 4 == 0 { b } else { a };
                let end = if round % 5 == 0 { "ROLLBACK" } else { "COMMIT" };
                // Three go in and one goes out: its neighbour's, perhaps.
                let sql = format!(
                    "BEGIN; SELECT app.enter('{tenant}'); {};
                     DELETE FROM projects WHERE id = (
                       SELECT id FROM projects ORDER BY random() LIMIT 1 FOR UPDATE SKIP LOCKED);
                     {end}",
                    add(3)
                );
                client.batch_execute(&sql).await.unwrap();
            }
        });
        // Whoever looks meanwhile sees rows and tally of the same instant.
        let watcher = async {
            let client = database.service("projects").await;
            let enter =
                format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT app.enter('{a}')");
            for _ in 0..ROUNDS {
                client.batch_execute(&enter).await.unwrap();
                let (counted, tallied) = both(&client).await;
                assert_eq!(counted, tallied);
                client.batch_execute("COMMIT").await.unwrap();
            }
        };
        tokio::join!(join_all(writers), watcher);
        let (of_a, of_b) = (of(&database, a).await, of(&database, b).await);
        assert_eq!(of_a.0, of_a.1);
        assert_eq!(of_b.0, of_b.1);
        // 16 of each writer's 20 rounds are kept, and each leaves two rows more.
        let kept = i64::from(WRITERS) * 16 * 2;
        assert_eq!(of_a.0 + of_b.0, kept + 2, "and the two of the seed");
        assert!(of_b.0 > 1);
    })
    .await;
}

#[tokio::test]
async fn a_writer_does_not_wait_for_the_one_before_it() {
    Database::with_migrated(async |database| {
        let tenant = seed::tenant(&database, "acme").await.id;
        let slow = database.entered("projects", tenant).await;
        slow.batch_execute(&add(1)).await.unwrap();
        // With the role's lock_timeout it would fail if it had to.
        let quick = database.entered("projects", tenant).await;
        quick.batch_execute(&add(1)).await.unwrap();
        quick.batch_execute("COMMIT").await.unwrap();
        assert_eq!(of(&database, tenant).await, (2, 2));
        slow.batch_execute("COMMIT").await.unwrap();
        assert_eq!(of(&database, tenant).await, (3, 3));
        let slots: i64 = slow
            .query_one("SELECT count(*) FROM projects.tallies", &[])
            .await
            .map_or_else(|_| 0, |row| row.get(0));
        assert_eq!(slots, 0, "and nothing is seen without a tenant");
    })
    .await;
}

#[tokio::test]
async fn only_what_happened_counts() {
    Database::with_migrated(async |database| {
        let tenant = seed::tenant(&database, "acme").await;
        let client = database.entered("projects", tenant.id).await;
        assert_eq!(both(&client).await, (1, 1));
        let again = format!(
            "INSERT INTO projects (id, name) VALUES ('{}', 'x') ON CONFLICT DO NOTHING",
            tenant.project
        );
        for (sql, rows) in [
            ("SAVEPOINT before", 1),
            (&*add(5), 6),
            ("ROLLBACK TO before", 1),
            (&*again, 1),
            (&*add(0), 1),
            (&*add(7), 8),
            ("UPDATE projects SET name = 'y', version = version + 1", 8),
            ("DELETE FROM projects WHERE name = 'nobody'", 8),
            (
                "DELETE FROM projects WHERE id IN (SELECT id FROM projects LIMIT 3)",
                5,
            ),
            ("DELETE FROM projects", 0),
        ] {
            client.batch_execute(sql).await.unwrap();
            assert_eq!(both(&client).await, (rows, rows), "{sql}");
        }
        client.batch_execute("ROLLBACK").await.unwrap();
        assert_eq!(of(&database, tenant.id).await, (1, 1));
    })
    .await;
}

#[tokio::test]
async fn the_owner_changes_the_rows_of_many_tenants_at_once() {
    Database::with_migrated(async |database| {
        let a = seed::tenant(&database, "acme").await.id;
        let b = seed::tenant(&database, "beta").await.id;
        let open = "ALTER TABLE projects.projects NO FORCE ROW LEVEL SECURITY";
        as_owner(
            &database,
            &format!(
                "{open};
                 INSERT INTO projects.projects (tenant_id, id, name)
                 SELECT t.id, gen_random_uuid(), 'x' FROM app.tenants AS t, generate_series(1, 3)"
            ),
        )
        .await;
        assert_eq!(of(&database, a).await, (4, 4));
        assert_eq!(of(&database, b).await, (4, 4));
        let delete = format!("DELETE FROM projects.projects WHERE tenant_id = '{a}'");
        as_owner(&database, &delete).await;
        assert_eq!(of(&database, a).await, (0, 0));
        assert_eq!(of(&database, b).await, (4, 4), "another tenant's");

        let owner = database.owner().await;
        let moved = format!("UPDATE projects.projects SET tenant_id = '{a}'");
        let refused = owner.batch_execute(&moved).await;
        assert_eq!(state(refused), SqlState::INSUFFICIENT_PRIVILEGE);
        as_owner(
            &database,
            "UPDATE projects.projects SET tenant_id = tenant_id",
        )
        .await;
        as_owner(&database, "TRUNCATE projects.projects").await;
        assert_eq!(of(&database, b).await, (0, 0));
    })
    .await;
}

/// The control of all the others: a tally is what the triggers make of it, and no count.
#[tokio::test]
async fn without_its_trigger_a_tally_is_wrong_until_it_is_recounted() {
    Database::with_migrated(async |database| {
        let a = seed::tenant(&database, "acme").await.id;
        let b = seed::tenant(&database, "beta").await.id;
        as_owner(
            &database,
            "ALTER TABLE projects.projects DISABLE TRIGGER tally_insert",
        )
        .await;
        let client = database.entered("projects", a).await;
        client.batch_execute(&add(4)).await.unwrap();
        client.batch_execute("COMMIT").await.unwrap();
        assert_eq!(of(&database, a).await, (5, 1));
        as_owner(
            &database,
            "ALTER TABLE projects.projects ENABLE TRIGGER tally_insert",
        )
        .await;

        // Somebody is at work meanwhile, and neither waits nor is counted twice.
        let busy = database.entered("projects", a).await;
        busy.batch_execute(&add(2)).await.unwrap();
        for _ in ["once", "and again"] {
            as_owner(&database, "CALL app.recount('projects.projects')").await;
            assert_eq!(of(&database, a).await, (5, 5));
            assert_eq!(of(&database, b).await, (1, 1));
        }
        busy.batch_execute("COMMIT").await.unwrap();
        assert_eq!(of(&database, a).await, (7, 7));
    })
    .await;
}

/// What V0008 and V0009 do to a database in use.
#[tokio::test]
async fn rows_from_before_the_tallies_are_counted_too() {
    const BEFORE: i32 = 7;
    const USED: &str = "
        INSERT INTO usage_events (event_id, meter, quantity, occurred_at)
        SELECT gen_random_uuid(), meter, 2, at::timestamptz
          FROM unnest(ARRAY['projects', 'reports', 'reports']) AS meter,
               unnest(ARRAY['2026-01-31 23:59:59.999999Z', '2026-02-01 00:00:00Z']) AS at";
    const MONTHS: &str = "
        SELECT string_agg(concat_ws(' ', to_char(month AT TIME ZONE 'UTC', 'YYYY-MM'), meter, quantity), ', '
                          ORDER BY month, meter)
          FROM usage_months WHERE month < '2026-03-01Z'";
    Database::with_empty(async |database| {
        let url = database.owner_url();
        earlier::migrate_to(&database, BEFORE).await;
        let a = seed::tenant(&database, "acme").await.id;
        let b = seed::tenant(&database, "beta").await.id;
        let projects = database.entered("projects", a).await;
        projects.batch_execute(&add(6)).await.unwrap();
        projects.batch_execute("COMMIT").await.unwrap();
        let billing = database.entered("billing", a).await;
        billing.batch_execute(USED).await.unwrap();
        billing.batch_execute("COMMIT").await.unwrap();
        let suspend = format!("UPDATE app.tenants SET status = 'suspended' WHERE id = '{b}'");
        as_owner(&database, &suspend).await;

        let applied = migrate::apply(&url).await.unwrap();
        assert_eq!(applied.versions.first(), Some(&(BEFORE + 1)));
        as_owner(&database, &suspend.replace("suspended", "active")).await;
        assert_eq!(of(&database, a).await, (7, 7));
        assert_eq!(of(&database, b).await, (1, 1), "suspended at the time");
        let billing = database.entered("billing", a).await;
        let months: String = billing.query_one(MONTHS, &[]).await.unwrap().get(0);
        let expected =
            "2026-01 projects 2, 2026-01 reports 4, 2026-02 projects 2, 2026-02 reports 4";
        assert_eq!(months, expected);
        billing.batch_execute(USED).await.unwrap();
        let months: String = billing.query_one(MONTHS, &[]).await.unwrap().get(0);
        let expected =
            "2026-01 projects 4, 2026-01 reports 8, 2026-02 projects 4, 2026-02 reports 8";
        assert_eq!(months, expected, "old and new in the same sums");
    })
    .await;
}
