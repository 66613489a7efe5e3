//! `app.enter` and `app.tenant_id`: who is let in, and for how long.

use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::database::{Database, state};
use crate::seed;

#[tokio::test]
async fn only_an_active_tenant_is_entered() {
    Database::with_migrated(async |database| {
        let tenant = seed::tenant(&database, "acme").await.id;
        let owner = database.owner().await;
        for (status, expected) in [
            ("suspended", "TN002"),
            ("offboarding", "TN003"),
            ("purging", "TN003"),
            ("purged", "TN003"),
        ] {
            owner
                .execute(
                    "UPDATE app.tenants SET status = $2 WHERE id = $1",
                    &[&tenant, &status],
                )
                .await
                .unwrap();
            let client = database.service("projects").await;
            let refused = client.execute("SELECT app.enter($1)", &[&tenant]).await;
            assert_eq!(state(refused).code(), expected, "{status}");
        }
        let client = database.service("projects").await;
        let unknown = client
            .execute("SELECT app.enter($1)", &[&Uuid::now_v7()])
            .await;
        assert_eq!(state(unknown).code(), "TN001");
        let nobody = client.execute("SELECT app.enter(NULL)", &[]).await;
        assert_eq!(state(nobody).code(), "TN001");
    })
    .await;
}

#[tokio::test]
async fn a_tenant_is_left_when_its_transaction_ends() {
    Database::with_migrated(async |database| {
        let tenant = seed::tenant(&database, "acme").await.id;
        for end in ["COMMIT", "ROLLBACK"] {
            let client = database.entered("projects", tenant).await;
            let entered: Uuid = client
                .query_one("SELECT app.tenant_id()", &[])
                .await
                .unwrap()
                .get(0);
            assert_eq!(entered, tenant);
            client.batch_execute(end).await.unwrap();
            let after = client.query_one("SELECT app.tenant_id()", &[]).await;
            assert_eq!(
                state(after),
                SqlState::INSUFFICIENT_PRIVILEGE,
                "after {end}"
            );
            let rows = client.query("SELECT id FROM projects", &[]).await;
            assert_eq!(state(rows), SqlState::INSUFFICIENT_PRIVILEGE, "after {end}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_transaction_has_one_tenant() {
    Database::with_migrated(async |database| {
        let a = seed::tenant(&database, "acme").await.id;
        let b = seed::tenant(&database, "beta").await.id;
        let client = database.entered("projects", a).await;
        client
            .execute("SELECT app.enter($1)", &[&a])
            .await
            .expect("the same again");
        let other = client.execute("SELECT app.enter($1)", &[&b]).await;
        assert_eq!(state(other), SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE);
        client.batch_execute("ROLLBACK; BEGIN").await.unwrap();
        client
            .execute("SELECT app.enter($1)", &[&b])
            .await
            .expect("in the next one");
    })
    .await;
}

#[tokio::test]
async fn a_reading_transaction_is_entered_too() {
    Database::with_migrated(async |database| {
        let tenant = seed::tenant(&database, "acme").await;
        let client = database.service("projects").await;
        client.batch_execute("BEGIN READ ONLY").await.unwrap();
        client
            .execute("SELECT app.enter($1)", &[&tenant.id])
            .await
            .unwrap();
        let id: Uuid = client
            .query_one("SELECT id FROM projects", &[])
            .await
            .unwrap()
            .get(0);
        assert_eq!(id, tenant.project);
    })
    .await;
}

#[tokio::test]
async fn some_have_no_door_and_auth_alone_founds_tenants() {
    Database::with_migrated(async |database| {
        let tenant = seed::tenant(&database, "acme").await.id;
        for (service, door) in [
            ("relay", "SELECT app.enter($1)"),
            ("relay", "SELECT app.enter_leaving($1)"),
            ("tenants", "SELECT app.enter($1)"),
            ("projects", "SELECT app.enter_leaving($1)"),
        ] {
            let client = database.service(service).await;
            let refused = client.execute(door, &[&tenant]).await;
            assert_eq!(
                state(refused),
                SqlState::INSUFFICIENT_PRIVILEGE,
                "{service} {door}"
            );
        }
        for service in [
            "authorizer",
            "billing",
            "projects",
            "relay",
            "report_worker",
            "reports",
            "tenants",
            "webhooks",
            "webhooks_dispatch",
        ] {
            let client = database.service(service).await;
            let refused = client
                .execute("SELECT app.create_tenant($1, 'x')", &[&Uuid::now_v7()])
                .await;
            assert_eq!(
                state(refused),
                SqlState::INSUFFICIENT_PRIVILEGE,
                "{service}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_tenant_is_told_its_own_name() {
    Database::with_migrated(async |database| {
        seed::tenant(&database, "acme").await;
        let tenant = seed::tenant(&database, "beta").await.id;
        let sql = "SELECT app.tenant_name()";
        let inside = database.entered("report_worker", tenant).await;
        let name: String = inside.query_one(sql, &[]).await.unwrap().get(0);
        assert_eq!(name, "beta");
        let outside = database
            .service("report_worker")
            .await
            .query(sql, &[])
            .await;
        assert_eq!(state(outside), SqlState::INSUFFICIENT_PRIVILEGE);
    })
    .await;
}

#[tokio::test]
async fn a_writer_of_another_isolation_level_is_refused() {
    Database::with_migrated(async |database| {
        let acme = seed::tenant(&database, "acme").await.id;
        let client = database.service("projects").await;
        for level in ["REPEATABLE READ", "SERIALIZABLE"] {
            let begin = format!("BEGIN ISOLATION LEVEL {level}");
            client.batch_execute(&begin).await.unwrap();
            let enter = "SELECT app.enter($1)";
            let refused = client.execute(enter, &[&acme]).await;
            assert_eq!(state(refused), SqlState::FEATURE_NOT_SUPPORTED, "{level}");
            let begin = format!("ROLLBACK; {begin} READ ONLY");
            client.batch_execute(&begin).await.unwrap();
            client
                .execute(enter, &[&acme])
                .await
                .expect("it only reads");
            client.batch_execute("ROLLBACK").await.unwrap();
        }
    })
    .await;
}
