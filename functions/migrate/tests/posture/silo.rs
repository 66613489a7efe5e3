//! A tenant with a schema of its own runs the same SQL, under the same policy.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::database::{Database, state};
use crate::seed;

const SILO: &str = "
    CREATE SCHEMA t_acme AUTHORIZATION app_owner;
    SET ROLE app_owner;
    COMMENT ON SCHEMA t_acme IS 'roles: svc_projects';
    GRANT USAGE ON SCHEMA t_acme TO svc_projects;
    CREATE TABLE t_acme.projects (LIKE projects.projects INCLUDING ALL);
    CALL app.protect('t_acme.projects');
    CALL app.add_tally('t_acme.projects', 'svc_projects');
    GRANT SELECT, INSERT ON t_acme.projects TO svc_projects;";

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
        let owner = database.owner().await;
        owner.batch_execute(SILO).await.unwrap();
        owner
            .execute(
                "UPDATE app.tenants SET tier = 'silo', silo_schema = 't_acme' WHERE id = $1",
                &[&acme.id],
            )
            .await
            .unwrap();
        migrate::apply(&database.owner_url())
            .await
            .expect("a silo passes the linter");

        let inside = Uuid::now_v7();
        let client = database.entered("projects", acme.id).await;
        client
            .execute(
                "INSERT INTO projects (id, name) VALUES ($1, 'inside')",
                &[&inside],
            )
            .await
            .unwrap();
        client.batch_execute("COMMIT; BEGIN").await.unwrap();
        for _ in ["once", "and again"] {
            enter(&client, acme.id).await;
        }
        let path: String = client
            .query_one("SHOW search_path", &[])
            .await
            .unwrap()
            .get(0);
        assert_eq!(path, "t_acme, projects, app");
        let seen: Vec<Uuid> = client
            .query("SELECT id FROM projects", &[])
            .await
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect();
        assert_eq!(
            (seen, tally(&client).await),
            (vec![inside], 1),
            "no row of the pool"
        );
        let foreign = client
            .execute(
                "INSERT INTO projects (tenant_id, id, name) VALUES ($1, $2, 'x')",
                &[&beta.id, &Uuid::now_v7()],
            )
            .await;
        assert_eq!(state(foreign), SqlState::INSUFFICIENT_PRIVILEGE);

        client.batch_execute("ROLLBACK; BEGIN").await.unwrap();
        enter(&client, beta.id).await;
        let id: Uuid = client
            .query_one("SELECT id FROM projects", &[])
            .await
            .unwrap()
            .get(0);
        assert_eq!((id, tally(&client).await), (beta.project, 1), "the pool");
        let rows = client
            .query("SELECT FROM t_acme.projects", &[])
            .await
            .unwrap();
        assert_eq!(rows.len(), 0, "even by its full name");
    })
    .await;
}
