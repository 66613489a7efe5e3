//! The runner: on nothing, again, at once, against a held lock, and beside other databases.

use std::time::Duration;

use migrate::MigrateError;
use migrate::lint::Severity;
use tokio_postgres::Client;

use crate::database::Database;

const ROLES_SQL: &str = include_str!("../../../../infra/migrations/V0001__roles.sql");

async fn history(client: &Client) -> Vec<i32> {
    client
        .query(
            "SELECT version FROM public.schema_history ORDER BY version",
            &[],
        )
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect()
}

#[tokio::test]
async fn an_empty_database_gets_all_migrations_and_then_none() {
    Database::with_empty(async |database| {
        let first = migrate::apply(&database.owner_url()).await.unwrap();
        assert_eq!(first.versions, history(&database.owner().await).await);
        assert!(first.versions.len() >= 10, "{:?}", first.versions);

        let second = migrate::apply(&database.owner_url()).await.unwrap();
        assert_eq!(second.versions, Vec::<i32>::new());
        assert_eq!(second.warnings, first.warnings);
    })
    .await;
}

#[tokio::test]
async fn two_runners_at_once_apply_each_version_once() {
    Database::with_empty(async |database| {
        let url = database.owner_url();
        let (one, other) = tokio::join!(migrate::apply(&url), migrate::apply(&url));
        let mut versions = [one.unwrap().versions, other.unwrap().versions];
        versions.sort();
        assert_eq!(versions[0], Vec::<i32>::new());
        assert_eq!(versions[1], history(&database.owner().await).await);
    })
    .await;
}

#[tokio::test]
async fn a_lock_that_is_held_for_a_while_is_waited_for() {
    Database::with_empty(async |database| {
        let holder = database.owner().await;
        // The first file has to change this catalogue row.
        holder
            .batch_execute(
                "BEGIN; COMMENT ON SCHEMA public IS NULL; GRANT CREATE ON SCHEMA public TO PUBLIC",
            )
            .await
            .unwrap();
        let release = async {
            tokio::time::sleep(Duration::from_millis(2_500)).await;
            holder.batch_execute("ROLLBACK").await.unwrap();
        };
        let url = database.owner_url();
        let (applied, ()) = tokio::join!(migrate::apply(&url), release);
        assert_eq!(
            applied.unwrap().versions,
            history(&database.owner().await).await
        );
    })
    .await;
}

#[tokio::test]
async fn a_history_that_disagrees_is_refused() {
    Database::with_migrated(async |database| {
        let owner = database.owner().await;
        owner
            .batch_execute("UPDATE public.schema_history SET checksum = '1' WHERE version = 2")
            .await
            .unwrap();
        let refused = migrate::apply(&database.owner_url()).await;
        assert!(
            matches!(refused, Err(MigrateError::Migration(_))),
            "{refused:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_hole_fails_the_run_and_is_named() {
    Database::with_migrated(async |database| {
        let owner = database.owner().await;
        owner
            .batch_execute(
                "SET ROLE app_owner; ALTER TABLE projects.projects NO FORCE ROW LEVEL SECURITY",
            )
            .await
            .unwrap();
        let refused = migrate::apply(&database.owner_url()).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            "posture: rls_not_forced (projects.projects)"
        );
    })
    .await;
}

#[tokio::test]
async fn warnings_are_refused_where_insisted_on() {
    Database::with_migrated(async |database| {
        let url = database.owner_url();
        let warnings = migrate::apply(&url).await.unwrap().warnings;
        assert!(
            warnings
                .iter()
                .all(|finding| finding.severity == Severity::Warning)
        );
        match migrate::apply_strict(&url).await {
            Ok(applied) => assert_eq!((applied.warnings, warnings), (vec![], vec![])),
            Err(MigrateError::Posture(refused)) => assert_eq!(refused, warnings),
            Err(error) => panic!("{error}"),
        }
    })
    .await;
}

/// Roles are the cluster's, and the tests' cluster has them already: the file is run with other
/// names, and by several sessions, to which it is all the same in which databases they are.
#[tokio::test]
async fn roles_are_created_by_several_sessions_at_once() {
    const SESSIONS: usize = 6;
    Database::with_empty(async |database| {
        let maintenance = database.owner().await;
        let mark = format!("race_{}", uuid::Uuid::new_v4().simple());
        let sql = ROLES_SQL
            .replace("app_owner", &format!("{mark}_owner"))
            .replace("svc_", &format!("{mark}_"))
            // The one statement about the database itself, which runners take turns in.
            .replace("REVOKE CREATE ON SCHEMA public FROM PUBLIC;", "");
        let runs = (0..SESSIONS).map(async |_| {
            let client = database.owner().await;
            client.batch_execute(&format!("BEGIN; {sql}; COMMIT")).await
        });
        let outcomes = futures_util::future::join_all(runs).await;
        let found = maintenance
            .query("SELECT rolname FROM pg_roles WHERE rolname ^@ $1", &[&mark])
            .await
            .unwrap();
        let names: Vec<String> = found.iter().map(|row| row.get(0)).collect();
        maintenance
            .batch_execute(&format!("DROP ROLE {}", names.join(", ")))
            .await
            .unwrap();
        for outcome in outcomes {
            outcome.unwrap();
        }
        assert_eq!(names.len(), 8, "{names:?}");
    })
    .await;
}

/// The events that are also documentation.
#[test]
fn the_functions_events_are_understood_and_no_others() {
    const EVENTS: [&str; 4] = [
        include_str!("../../../../events/migrate.json"),
        include_str!("../../../../events/migrate-provision-silo.json"),
        include_str!("../../../../events/migrate-move-tenant.json"),
        include_str!("../../../../events/migrate-batch.json"),
    ];
    for event in EVENTS {
        let read = serde_json::from_str::<migrate::Invocation>(event);
        assert!(read.is_ok(), "{event}: {read:?}");
    }
    for event in [
        // Nobody could be told what came of it.
        r#"{"RequestType": "Create", "RequestId": "1"}"#,
        r#"{"migrate": {}}"#,
        r#"{"migrate": {"beside": 18}, "provision_silo": {}}"#,
        r#"{"provision_silo": {"tenant_id": "t_1; DROP SCHEMA app"}}"#,
        r#"{"provision_silo": {"tenant_id": "01980a00-0000-7000-8000-00000000000a", "schema": "app"}}"#,
        r#"{"move_tenant": {"tenant_id": "01980a00-0000-7000-8000-00000000000a", "to": "app"}}"#,
        r#"{"move_tenant": {"tenant_id": "01980a00-0000-7000-8000-00000000000a"}}"#,
        "[{}]",
    ] {
        let read = serde_json::from_str::<migrate::Invocation>(event);
        assert!(read.is_err(), "{event}: {read:?}");
    }
}
