//! The bundle's database: its roles, and what a new beginning leaves.

use local::postgres::{
    Cluster,
    database::{self, Earlier, SERVICES},
};

use super::{connect, empty, start};

const REMARK: &str = "COMMENT ON SCHEMA public IS 'kept'";
const READ_REMARK: &str =
    "SELECT nullif(obj_description('public'::regnamespace), 'standard public schema')";

#[tokio::test]
async fn every_service_logs_in_as_its_own_role_and_no_other() {
    let dir = empty("roles");
    let cluster = start(&dir).await;
    database::prepare(&cluster, Earlier::Keep).await.unwrap();
    for service in SERVICES {
        let url = database::service_url(&cluster, service);
        let client = connect(&url).await.unwrap();
        let row = client.query_one("SELECT current_user::text", &[]).await;
        assert_eq!(row.unwrap().get::<_, String>(0), format!("svc_{service}"));
    }
    let stolen = cluster.password("svc_auth");
    let url = cluster.url("svc_billing", &stolen, database::DATABASE);
    assert!(connect(&url).await.is_err());
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn the_owner_is_no_superuser_and_cannot_bypass_row_security() {
    let dir = empty("owner");
    let cluster = start(&dir).await;
    database::prepare(&cluster, Earlier::Keep).await.unwrap();
    let client = connect(&database::owner_url(&cluster)).await.unwrap();
    let statement = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
    let row = client.query_one(statement, &[]).await.unwrap();
    assert!(!row.get::<_, bool>(0));
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_kept_database_keeps_its_content_and_a_dropped_one_has_none() {
    let dir = empty("kept");
    let cluster = start(&dir).await;
    database::prepare(&cluster, Earlier::Keep).await.unwrap();
    let client = connect(&database::owner_url(&cluster)).await.unwrap();
    client.batch_execute(REMARK).await.unwrap();
    drop(client);
    cluster.stop().await.unwrap();

    let cluster = start(&dir).await;
    database::prepare(&cluster, Earlier::Keep).await.unwrap();
    assert_eq!(remark(&cluster).await.as_deref(), Some("kept"));
    database::prepare(&cluster, Earlier::Drop).await.unwrap();
    assert_eq!(remark(&cluster).await, None);
    cluster.stop().await.unwrap();
}

async fn remark(cluster: &Cluster) -> Option<String> {
    let client = connect(&database::owner_url(cluster)).await.unwrap();
    let row = client.query_one(READ_REMARK, &[]).await;
    row.unwrap().get(0)
}
