//! A tenant with a schema of its own runs the same SQL, under the same policy.

use migrate::MigrateError;
use serde_json::json;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::database::{Database, state};
use crate::seed;
use crate::task::{ask, holes, provision, relocate, schema};

async fn enter(client: &Client, tenant: Uuid) {
    let enter = "SELECT app.enter($1)";
    client.execute(enter, &[&tenant]).await.unwrap();
}

/// The tally of whichever `projects` comes first.
async fn tally(client: &Client) -> i64 {
    let sum = "SELECT sum(rows)::bigint FROM tallies WHERE table_name = 'projects'";
    client.query_one(sum, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_silo_comes_first_for_its_tenant_only() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await;
        let beta = seed::tenant(&database, "beta").await;
        let moved = ask(&database, relocate(acme.id, "silo")).await.unwrap();
        assert_eq!((&moved["moved"], &moved["rows"]), (&json!(true), &json!(1)));
        let own = schema(acme.id);
        assert_eq!(holes(&database).await, [""; 0], "a silo passes the linter");

        let inside = Uuid::now_v7();
        let client = database.entered("projects", acme.id).await;
        let insert = "INSERT INTO projects (id, name) VALUES ($1, 'inside')";
        client.execute(insert, &[&inside]).await.unwrap();
        client.batch_execute("COMMIT; BEGIN").await.unwrap();
        for _ in ["once", "and again"] {
            enter(&client, acme.id).await;
        }
        let path: String = client
            .query_one("SHOW search_path", &[])
            .await
            .unwrap()
            .get(0);
        assert_eq!(path, format!("{own}, projects, app"));
        let list = "SELECT id FROM projects ORDER BY id";
        let rows = client.query(list, &[]).await.unwrap();
        let seen: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(
            (seen, tally(&client).await),
            (vec![acme.project, inside], 2)
        );
        let foreign = "INSERT INTO projects (tenant_id, id, name) VALUES ($1, $2, 'x')";
        let foreign = client.execute(foreign, &[&beta.id, &Uuid::now_v7()]).await;
        assert_eq!(state(foreign), SqlState::INSUFFICIENT_PRIVILEGE);

        client.batch_execute("ROLLBACK; BEGIN").await.unwrap();
        enter(&client, beta.id).await;
        let id: Uuid = client.query_one(list, &[]).await.unwrap().get(0);
        assert_eq!((id, tally(&client).await), (beta.project, 1), "the pool");
        let by_name = format!("SELECT FROM {own}.projects");
        let rows = client.query(&by_name, &[]).await.unwrap();
        assert_eq!(rows.len(), 0, "even by its full name");
    })
    .await;
}

/// Reports are in the pool, and what they are about is not.
#[tokio::test]
async fn a_report_reads_the_silo_and_is_counted_in_the_pool() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await;
        ask(&database, relocate(acme.id, "silo")).await.unwrap();
        let pool = "SELECT count(*) FROM projects.published_projects";
        let first = "SELECT count(*) FROM published_projects";
        let worker = database.entered("report_worker", acme.id).await;
        let count = async |sql| -> i64 { worker.query_one(sql, &[]).await.unwrap().get(0) };
        assert_eq!((count(first).await, count(pool).await), (1, 0));
        let reports = database.entered("reports", acme.id).await;
        let total = "SELECT sum(rows)::bigint FROM tallies WHERE table_name = 'reports'";
        let total: i64 = reports.query_one(total, &[]).await.unwrap().get(0);
        assert_eq!(total, 1);
    })
    .await;
}

#[tokio::test]
async fn a_silo_is_provided_once_and_without_moving_anybody() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await;
        let first = ask(&database, provision(acme.id)).await.unwrap();
        assert_eq!(
            first,
            json!({ "schema": schema(acme.id), "missing": [1] }),
            "what it lacked"
        );
        let again = ask(&database, provision(acme.id)).await.unwrap();
        assert_eq!(again["missing"], json!([]));
        let client = database.entered("projects", acme.id).await;
        let path: String = client
            .query_one("SHOW search_path", &[])
            .await
            .unwrap()
            .get(0);
        assert_eq!(path, "projects, app");
        assert_eq!(holes(&database).await, [""; 0]);
    })
    .await;
}

/// A new version of the function takes messages before its deployment has brought the pool up to date.
/// The control is above.
#[tokio::test]
async fn no_silo_goes_ahead_of_the_pool() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await;
        let owner = database.owner().await;
        let behind = "DELETE FROM public.schema_history
             WHERE version = (SELECT max(version) FROM public.schema_history)";
        assert_eq!(owner.execute(behind, &[]).await.unwrap(), 1);
        for event in [provision(acme.id), relocate(acme.id, "silo")] {
            let refused = ask(&database, event).await.unwrap_err();
            assert!(matches!(refused, MigrateError::Behind { .. }), "{refused}");
        }
        assert_eq!(holes(&database).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn nobody_is_provided_for_who_is_unknown_or_leaving() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await;
        let owner = database.owner().await;
        let leave = "UPDATE app.tenants SET status = 'offboarding' WHERE id = $1";
        owner.execute(leave, &[&acme.id]).await.unwrap();
        let nobody = Uuid::now_v7();
        for (event, expected) in [
            (provision(acme.id), format!("tenant {} is leaving", acme.id)),
            (
                relocate(acme.id, "silo"),
                format!("tenant {} is leaving", acme.id),
            ),
            (provision(nobody), format!("unknown tenant {nobody}")),
            (relocate(nobody, "pool"), format!("unknown tenant {nobody}")),
        ] {
            let refused = ask(&database, event).await.unwrap_err();
            assert_eq!(refused.to_string(), expected);
        }
        let made = "SELECT count(*) FROM pg_namespace WHERE nspname ^@ 't_'";
        let made: i64 = owner.query_one(made, &[]).await.unwrap().get(0);
        assert_eq!(made, 0);
    })
    .await;
}

#[tokio::test]
async fn a_silo_made_by_another_file_is_refused() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await;
        ask(&database, provision(acme.id)).await.unwrap();
        let owner = database.owner().await;
        let edit =
            "SET ROLE app_owner; UPDATE app.silo_migrations SET checksum = sha256('another')";
        owner.batch_execute(edit).await.unwrap();
        let changed = format!("silo {} had another file of version 1", schema(acme.id));
        let refused = ask(&database, provision(acme.id)).await.unwrap_err();
        assert_eq!(refused.to_string(), changed);
        let refused = migrate::apply(&database.owner_url()).await.unwrap_err();
        let expected = format!(
            "silos: 0 done, 0 remaining, 1 failed; {}: {changed}",
            schema(acme.id)
        );
        assert_eq!(refused.to_string(), expected);
    })
    .await;
}

/// The queue's messages are tasks: each is done on its own, and what cannot be done comes again.
#[tokio::test]
async fn each_message_of_a_batch_is_a_task() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await;
        let message = |id: &str, body: String| json!({ "messageId": id, "body": body });
        let batch = json!({ "Records": [
            message("poison", "{".to_owned()),
            message("unknown", provision(Uuid::now_v7()).to_string()),
            message("other", json!({ "purge_tenant": {} }).to_string()),
            message("good", relocate(acme.id, "silo").to_string()),
        ]});
        let answer = ask(&database, batch).await.unwrap();
        let failed: Vec<&str> = answer["batchItemFailures"]
            .as_array()
            .unwrap()
            .iter()
            .map(|failure| failure["itemIdentifier"].as_str().unwrap())
            .collect();
        assert_eq!(failed, ["poison", "unknown", "other"]);
        let client = database.entered("projects", acme.id).await;
        let path = client.query_one("SHOW search_path", &[]).await.unwrap();
        assert!(path.get::<_, String>(0).starts_with("t_"));
    })
    .await;
}

/// What a reader on a replica asks in the end: nobody waited for it while the silo went.
#[tokio::test]
async fn a_silo_that_went_meanwhile_is_noticed() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await;
        ask(&database, relocate(acme.id, "silo")).await.unwrap();
        let reader = database.service("projects").await;
        let begin = format!("BEGIN READ ONLY; SELECT app.enter('{}')", acme.id);
        reader.batch_execute(&begin).await.unwrap();
        let check = "SELECT app.check_place()";
        reader.execute(check, &[]).await.expect("it is there");
        let owner = database.owner().await;
        let drop = format!(
            "SET ROLE app_owner; DROP SCHEMA {} CASCADE",
            schema(acme.id)
        );
        owner.batch_execute(&drop).await.unwrap();
        // The control: without asking, the reader takes the pool's empty list for its own.
        let rows = reader.query("SELECT id FROM projects", &[]).await.unwrap();
        assert_eq!(rows.len(), 0);
        assert_eq!(state(reader.execute(check, &[]).await).code(), "TN023");
    })
    .await;
}

/// The mover is the owner, and takes for the tenant's rows what the policy shows it.
#[tokio::test]
async fn a_table_that_does_not_hold_its_owner_is_not_moved() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await;
        let beta = seed::tenant(&database, "beta").await;
        let owner = database.owner().await;
        let force = |word: &str| {
            format!("SET ROLE app_owner; ALTER TABLE projects.projects {word} ROW LEVEL SECURITY; RESET ROLE")
        };
        owner.batch_execute(&force("NO FORCE")).await.unwrap();
        let refused = ask(&database, relocate(acme.id, "silo")).await.unwrap_err();
        let said = refused.to_string();
        assert!(said.contains("does not hold its owner"), "{said}");
        owner.batch_execute(&force("FORCE")).await.unwrap();
        ask(&database, relocate(acme.id, "silo")).await.unwrap();
        let client = database.entered("projects", beta.id).await;
        let rows = client.query("SELECT id FROM projects", &[]).await.unwrap();
        assert_eq!(rows.len(), 1, "the other tenant's row is where it was");
    })
    .await;
}
