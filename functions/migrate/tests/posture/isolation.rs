//! Two tenants, every table: nobody reads or writes the other's rows, nobody works without a tenant.

use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::catalogue::{columns, may, tenant_tables};
use crate::database::{Database, SERVICES, state};
use crate::seed;

/// The services and tables of which a service may read a column, from the catalogue.
async fn readers(database: &Database) -> Vec<(&'static str, String)> {
    let owner = database.owner().await;
    let mut readers = Vec::new();
    for table in tenant_tables(&owner).await {
        for service in SERVICES {
            if !columns(&owner, service, &table.name, "SELECT")
                .await
                .is_empty()
            {
                readers.push((service, table.name.clone()));
            }
        }
    }
    readers
}

#[tokio::test]
async fn without_a_tenant_every_table_is_an_error() {
    Database::with_migrated(async |database| {
        seed::tenant(&database, "acme").await;
        let readers = readers(&database).await;
        assert!(readers.len() >= 17, "{readers:?}");
        for (service, table) in readers {
            let client = database.service(service).await;
            let read = client
                .query(&format!("SELECT count(*) FROM {table}"), &[])
                .await;
            assert_eq!(
                state(read),
                SqlState::INSUFFICIENT_PRIVILEGE,
                "{service} {table}"
            );
        }
        let owner = database.owner().await;
        owner.batch_execute("SET ROLE app_owner").await.unwrap();
        for table in tenant_tables(&owner)
            .await
            .iter()
            .filter(|table| table.forced)
        {
            let read = owner
                .query(&format!("SELECT count(*) FROM {}", table.name), &[])
                .await;
            assert_eq!(
                state(read),
                SqlState::INSUFFICIENT_PRIVILEGE,
                "owner {}",
                table.name
            );
        }
    })
    .await;
}

#[tokio::test]
async fn every_table_shows_the_entered_tenant_only() {
    Database::with_migrated(async |database| {
        let tenants = [
            seed::tenant(&database, "acme").await.id,
            seed::tenant(&database, "beta").await.id,
        ];
        let owner = database.owner().await;
        for tenant in tenants {
            for (service, table) in readers(&database).await {
                let client = database.entered(service, tenant).await;
                let rows: i64 = client
                    .query_one(&format!("SELECT count(*) FROM {table}"), &[])
                    .await
                    .unwrap()
                    .get(0);
                assert_eq!(rows, 1, "{service} {table}");
                if columns(&owner, service, &table, "SELECT")
                    .await
                    .contains(&"tenant_id".to_owned())
                {
                    let seen: Uuid = client
                        .query_one(&format!("SELECT tenant_id FROM {table}"), &[])
                        .await
                        .unwrap()
                        .get(0);
                    assert_eq!(seen, tenant, "{service} {table}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn no_row_is_written_for_another_tenant() {
    Database::with_migrated(async |database| {
        let a = seed::tenant(&database, "acme").await.id;
        let b = seed::tenant(&database, "beta").await.id;
        let owner = database.owner().await;
        for table in tenant_tables(&owner).await {
            let table = table.name;
            for service in SERVICES {
                let insertable = columns(&owner, service, &table, "INSERT").await;
                if !insertable.is_empty() && may(&owner, service, &table, "SELECT").await {
                    let others: Vec<&str> =
                        insertable.iter().map(String::as_str).filter(|&c| c != "tenant_id").collect();
                    let others = others.join(", ");
                    let client = database.entered(service, a).await;
                    let forged = client
                        .execute(
                            &format!("INSERT INTO {table} (tenant_id, {others}) SELECT $1::uuid, {others} FROM {table}"),
                            &[&b],
                        )
                        .await;
                    assert_eq!(state(forged), SqlState::INSUFFICIENT_PRIVILEGE, "{service} {table}");
                }
                if let Some(column) = columns(&owner, service, &table, "UPDATE").await.first() {
                    let client = database.entered(service, a).await;
                    let touched = client
                        .execute(&format!("UPDATE {table} SET {column} = NULL WHERE tenant_id = $1"), &[&b])
                        .await
                        .unwrap();
                    assert_eq!(touched, 0, "{service} {table}");
                    let moved = client
                        .execute(&format!("UPDATE {table} SET tenant_id = $1"), &[&b])
                        .await;
                    assert_eq!(state(moved), SqlState::INSUFFICIENT_PRIVILEGE, "{service} {table}");
                }
                if may(&owner, service, &table, "DELETE").await {
                    let client = database.entered(service, a).await;
                    let deleted = client
                        .execute(&format!("DELETE FROM {table} WHERE tenant_id = $1"), &[&b])
                        .await
                        .unwrap();
                    assert_eq!(deleted, 0, "{service} {table}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn even_the_owner_is_held_on_forced_tables() {
    Database::with_migrated(async |database| {
        let a = seed::tenant(&database, "acme").await.id;
        let b = seed::tenant(&database, "beta").await.id;
        let owner = database.owner().await;
        owner.batch_execute("SET ROLE app_owner").await.unwrap();
        for table in tenant_tables(&owner)
            .await
            .iter()
            .filter(|table| table.forced)
        {
            owner.batch_execute("BEGIN").await.unwrap();
            owner.execute("SELECT app.enter($1)", &[&a]).await.unwrap();
            let moved = owner
                .execute(&format!("UPDATE {} SET tenant_id = $1", table.name), &[&b])
                .await;
            assert_eq!(
                state(moved),
                SqlState::INSUFFICIENT_PRIVILEGE,
                "{}",
                table.name
            );
            owner.batch_execute("ROLLBACK").await.unwrap();
        }
    })
    .await;
}

/// A foreign id and one that never was must give the same answer.
#[tokio::test]
async fn a_foreign_key_does_not_tell_what_another_tenant_has() {
    Database::with_migrated(async |database| {
        let a = seed::tenant(&database, "acme").await;
        let b = seed::tenant(&database, "beta").await;
        let session =
            "INSERT INTO sessions (id, user_id, expires_at) VALUES (gen_random_uuid(), $1, now())";
        let token = "INSERT INTO refresh_tokens (hash, session_id, salt, expires_at)
                     VALUES (sha256('x'), $1, sha256('y'), now())";
        for (sql, own, foreign) in [(session, a.user, b.user), (token, a.session, b.session)] {
            for id in [foreign, Uuid::now_v7()] {
                let client = database.entered("auth", a.id).await;
                let refused = client.execute(sql, &[&id]).await;
                assert_eq!(state(refused), SqlState::FOREIGN_KEY_VIOLATION, "{sql}");
            }
            let client = database.entered("auth", a.id).await;
            client
                .execute(sql, &[&own])
                .await
                .expect("its own id is fine");
        }
    })
    .await;
}
