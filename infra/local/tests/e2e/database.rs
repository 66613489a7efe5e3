//! The database as its superuser sees it, whom row-level security does not hold.

use local::postgres::database::DATABASE;
use tokio_postgres::{Client, NoTls, types::ToSql};
use uuid::Uuid;

use crate::world::World;

/// A connection to a stack's database.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) client: Client,
}

impl Database {
    pub(crate) async fn of(world: &World) -> Self {
        let url = world.stack.cluster().superuser_url(DATABASE);
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        drop(tokio::spawn(connection));
        Self { client }
    }

    /// The number that a statement gives.
    pub(crate) async fn number(&self, statement: &str, values: &[&(dyn ToSql + Sync)]) -> i64 {
        self.client
            .query_one(statement, values)
            .await
            .unwrap()
            .get(0)
    }

    /// Gives a tenant so many projects more.
    pub(crate) async fn insert_projects(&self, tenant: &str, count: i32) {
        let statement = "INSERT INTO projects.projects (tenant_id, id, name)
             SELECT $1, gen_random_uuid(), 'Project number ' || place
             FROM generate_series(1, $2) AS place";
        let tenant: Uuid = tenant.parse().unwrap();
        self.client
            .execute(statement, &[&tenant, &count])
            .await
            .unwrap();
    }

    /// Status and fence of a report.
    pub(crate) async fn report(&self, id: &str) -> (String, i64) {
        let id: Uuid = id.parse().unwrap();
        let statement = "SELECT status, fence FROM reports.reports WHERE id = $1";
        let row = self.client.query_one(statement, &[&id]).await.unwrap();
        (row.get(0), row.get(1))
    }
}
