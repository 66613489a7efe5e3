//! The database: what is asked of it, and what happens without it.

use authorizer::{Authorizer, store};
use serde_json::json;
use shared::clock::Clock;
use shared::db::{Database, DatabaseConfig, DbError};
use testkit::{CountingProxy, TestDatabase};

use crate::world::{World, event, names};

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let db = TestDatabase::new().await;
    db.prepare_all("authorizer", store::STATEMENTS).await;
}

/// A refusal would be cached by the gateway, for good callers too.
#[tokio::test]
async fn without_a_database_nobody_is_refused() {
    let world = World::new().await;
    let url = "postgres://svc_authorizer:x@127.0.0.1:1/tenantry";
    let db = Database::new(DatabaseConfig::new(url, None, None).unwrap());
    let authorizer = Authorizer::new(Clock::System, db, &names());
    let token = world.signer.sign(&world.claims());
    let answer = authorizer
        .respond(&event(&json!([format!("Bearer {token}")])))
        .await;
    assert!(matches!(answer, Err(DbError::Unreachable(_))));
    // What is no token at all is refused without asking anybody.
    let answer = authorizer
        .respond(&event(&json!(["Bearer x"])))
        .await
        .unwrap();
    let answer = serde_json::to_value(answer).unwrap();
    assert_eq!(answer["context"], json!({"denied": "invalid_token"}));
}

#[tokio::test]
async fn a_caller_costs_one_round_trip() {
    let world = World::new().await;
    let proxy = CountingProxy::before(&world.test.url("authorizer")).await;
    let db = Database::new(DatabaseConfig::new(proxy.url(), None, None).unwrap());
    let authorizer = Authorizer::new(Clock::System, db, &names());
    let event = event(&json!([format!(
        "Bearer {}",
        world.signer.sign(&world.claims())
    )]));
    authorizer.respond(&event).await.unwrap();
    let before = proxy.trips();
    authorizer.respond(&event).await.unwrap();
    assert_eq!(proxy.trips() - before, 1);
}
