//! A function whose role row-level security does not hold serves nothing.

use axum::Router;
use local::postgres::{
    Cluster,
    database::{self, DATABASE},
};
use serde_json::json;
use shared::{
    clock::Clock,
    db::{Access, Database, DbError, Statement},
    tenant::Tenant,
};
use testkit::{Call, Caller};

use crate::scene::{config, create, list, names, primary, service, superuser, tenant, url};

/// Roles that may do what the projects function's own role may, and more than that.
const ROLES: &str = "
CREATE ROLE bypassing LOGIN BYPASSRLS PASSWORD 'x' IN ROLE svc_projects;
CREATE ROLE owning LOGIN PASSWORD 'x' IN ROLE svc_projects, app_owner;
CREATE ROLE may_own LOGIN NOINHERIT PASSWORD 'x' IN ROLE svc_projects, app_owner;
CREATE ROLE may_bypass LOGIN PASSWORD 'x' IN ROLE svc_projects, bypassing;
CREATE ROLE has_a_schema LOGIN PASSWORD 'x' IN ROLE svc_projects;
CREATE SCHEMA theirs AUTHORIZATION has_a_schema;
CREATE ROLE harmless LOGIN PASSWORD 'x' IN ROLE svc_projects;
GRANT USAGE ON SCHEMA projects, app TO may_own;
GRANT EXECUTE ON FUNCTION app.check_role() TO may_own;
";
const REFUSED: [&str; 5] = [
    "bypassing",
    "owning",
    "may_own",
    "may_bypass",
    "has_a_schema",
];

/// The control: a check that lets everybody pass.
const NO_CHECK: &str = "
CREATE OR REPLACE FUNCTION app.check_role() RETURNS void LANGUAGE sql AS 'SELECT'";

struct Scene {
    cluster: Cluster,
    ours: Caller,
    theirs: Caller,
}

impl Scene {
    /// Two tenants with a project each, and roles that ought not to serve them.
    async fn new(test: &str) -> Self {
        let cluster = primary(test).await;
        let admin = superuser(&cluster).await;
        admin.batch_execute(ROLES).await.unwrap();
        for role in REFUSED.iter().chain(&["harmless", "postgres"]) {
            let path = format!("ALTER ROLE {role} SET search_path = projects, app");
            admin.batch_execute(&path).await.unwrap();
        }
        let (ours, theirs) = (tenant(&cluster).await, tenant(&cluster).await);
        let own = service(Database::new(config(&url(&cluster))), Clock::System);
        create(&own, &ours, "ours").await;
        create(&own, &theirs, "theirs").await;
        Self {
            cluster,
            ours,
            theirs,
        }
    }

    fn url(&self, role: &str) -> String {
        match role {
            "postgres" => self.cluster.superuser_url(DATABASE),
            "tenantry" => database::owner_url(&self.cluster),
            role => self.cluster.url(role, "x", DATABASE),
        }
    }

    fn database(&self, role: &str) -> Database {
        Database::new(config(&self.url(role)))
    }

    fn service(&self, role: &str) -> Router {
        service(self.database(role), Clock::System)
    }

    async fn projects(&self) -> i64 {
        let client = superuser(&self.cluster).await;
        let count = "SELECT count(*) FROM projects.projects";
        client.query_one(count, &[]).await.unwrap().get(0)
    }
}

#[tokio::test]
async fn a_role_that_is_not_held_serves_no_request_and_executes_nothing() {
    let scene = Scene::new("refused").await;
    for role in REFUSED.iter().chain(&["postgres", "tenantry"]) {
        let service = scene.service(role);
        // Not the first time only: the connection is kept and stays refused.
        for _ in 0..2 {
            let read = list(&service, &scene.ours, "").await.expect(503);
            let body = String::from_utf8(read.body.clone()).unwrap();
            assert_eq!(read.json()["code"], "unavailable", "{role}");
            assert!(
                !body.contains("row-level") && !body.contains("TN010"),
                "{body}"
            );
            let write = Call::post("/v2/projects", &json!({ "name": "late" }));
            let write = write.header("idempotency-key", "late").by(&scene.ours);
            write.send(&service).await.expect(503);
        }
    }
    assert_eq!(scene.projects().await, 2);
    // The control: the function's own role serves, and so does one that only may do the same.
    for url in [url(&scene.cluster), scene.url("harmless")] {
        let service = service(Database::new(config(&url)), Clock::System);
        let read = list(&service, &scene.ours, "").await.expect(200);
        assert_eq!(names(&read), ["ours"]);
    }
    scene.cluster.stop().await.unwrap();
}

#[tokio::test]
async fn every_way_into_the_database_is_closed_to_such_a_role() {
    let scene = Scene::new("ways").await;
    let (tenant, nobody) = (scene.ours.tenant, scene.theirs.tenant);
    let insert = || {
        Statement::new(
            "INSERT INTO projects.projects (id, name) VALUES (gen_random_uuid(), 'late')",
        )
    };
    let refused = |outcome: Result<u64, DbError>, way: &str| {
        let Err(DbError::RoleNotHeld(_)) = outcome else {
            panic!("{way}: {outcome:?}");
        };
    };
    for role in ["postgres", "bypassing", "owning"] {
        let db = scene.database(role);
        refused(db.read(tenant, count()).await, "read");
        refused(db.write(tenant, insert()).await, "write");
        let founding = Statement::new("SELECT 1").one(|_| Ok(()));
        refused(db.found(nobody, founding, insert()).await, "found");
        // In no tenant, and for an owner without a policy's hold on it.
        let suspend = "UPDATE app.tenants SET status = 'suspended'";
        let suspend = db.without_tenant(Statement::new(suspend)).await;
        refused(suspend, "without_tenant");
        for access in [Access::Read, Access::Snapshot, Access::Write] {
            let outcome = db.transaction(tenant, access, async |transaction| {
                let first = transaction.run(count()).await;
                assert!(first.is_err());
                // A step after the refusal finds no transaction to run in.
                assert!(transaction.run(insert()).await.is_err());
                first
            });
            refused(outcome.await, "transaction");
        }
    }
    assert_eq!(scene.projects().await, 2);
    let suspended = "SELECT count(*) FROM app.tenants WHERE status <> 'active'";
    let client = superuser(&scene.cluster).await;
    let suspended: i64 = client.query_one(suspended, &[]).await.unwrap().get(0);
    assert_eq!(suspended, 0);
    scene.cluster.stop().await.unwrap();
}

/// The negative control of the check: what such roles would do without it.
#[tokio::test]
async fn without_the_check_such_a_role_shows_one_tenant_the_others_rows() {
    let scene = Scene::new("unchecked").await;
    let admin = superuser(&scene.cluster).await;
    admin.batch_execute(NO_CHECK).await.unwrap();
    for role in ["postgres", "bypassing"] {
        let leaked = list(&scene.service(role), &scene.ours, "")
            .await
            .expect(200);
        assert_eq!(names(&leaked), ["ours", "theirs"], "{role}");
    }
    // An owner is held by forced tables, and reads the ones that are not across all tenants.
    let events = "SELECT id FROM projects.outbox";
    let events = |tenant: Tenant| {
        let db = scene.database("owning");
        async move { db.read(tenant, Statement::new(events)).await.unwrap() }
    };
    assert_eq!(events(scene.ours.tenant).await, 2);
    scene.cluster.stop().await.unwrap();
}

fn count() -> Statement<u64> {
    Statement::new("SELECT id FROM projects.projects")
}
