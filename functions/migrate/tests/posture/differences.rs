//! A move that is given up, because what arrives is not what was sent.

use crate::database::Database;
use crate::moving::{fill, holdings};
use crate::seed;
use crate::task::{ask, provision, relocate, schema};

/// A copy that is not the same is given up, and what was is still so.
#[tokio::test]
async fn a_copy_that_differs_is_not_kept() {
    const FAULTS: [(&str, &str, &str); 3] = [
        (
            "CREATE TRIGGER more AFTER INSERT ON projects FOR EACH ROW EXECUTE FUNCTION app.more()",
            "DROP TRIGGER more ON projects",
            "projects has the trigger more, so the tenant stays",
        ),
        (
            "DROP VIEW published_projects;
             ALTER TABLE projects ALTER COLUMN created_at TYPE timestamptz(0)",
            "ALTER TABLE projects ALTER COLUMN created_at TYPE timestamptz",
            "the copy differs, and the tenant stays where it is: projects.projects: Contents { rows: 14",
        ),
        (
            "ALTER TABLE projects DISABLE TRIGGER tally_insert",
            "ALTER TABLE projects ENABLE TRIGGER tally_insert",
            ".tallies: 0, ",
        ),
    ];
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await.id;
        fill(&database, acme, 13).await;
        let before = holdings(&database, acme).await;
        ask(&database, provision(acme)).await.unwrap();
        let owner = database.owner().await;
        let function = "SET ROLE app_owner;
            CREATE FUNCTION app.more() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'";
        owner.batch_execute(function).await.unwrap();
        let path = format!(
            "SET search_path = {}; SET app.current_tenant = '{acme}'",
            schema(acme)
        );
        owner.batch_execute(&path).await.unwrap();
        for (fault, mended, expected) in FAULTS {
            owner.batch_execute(fault).await.unwrap();
            let refused = ask(&database, relocate(acme, "silo")).await.unwrap_err();
            assert!(refused.to_string().contains(expected), "{refused}");
            assert_eq!(holdings(&database, acme).await, before);
            let left = owner.query("SELECT FROM projects", &[]).await.unwrap();
            assert_eq!(left.len(), 0, "{fault}");
            // Writing goes on.
            drop(database.entered("projects", acme).await);
            owner.batch_execute(mended).await.unwrap();
        }
        ask(&database, relocate(acme, "silo")).await.unwrap();
    })
    .await;
}
