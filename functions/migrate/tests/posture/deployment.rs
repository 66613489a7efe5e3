//! A stack that asks, as CloudFormation does, and is told by https what came of it.

use std::path::PathBuf;

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::deadline::Deadline;
use testkit::{Manner, Outcome, Program, Receiver};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::database::Database;
use crate::earlier::migrate_to;
use crate::task::{ask, ask_until};

/// The last of the migrations, which names this release.
async fn newest(owner: &Client) -> i32 {
    let newest = "SELECT max(version) FROM public.schema_history";
    owner.query_one(newest, &[]).await.unwrap().get(0)
}

fn event(kind: &str, asked: i32, before: Option<i32>) -> Value {
    let physical = (kind != "Create").then_some("database-schema");
    let before = before.map(|before| before.to_string());
    json!({
        "RequestType": kind,
        "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:migrate",
        "ResponseURL": "https://127.0.0.1:1/",
        "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/tenantry/1",
        "RequestId": "00000000-0000-0000-0000-000000000001",
        "ResourceType": "Custom::DatabaseSchema",
        "LogicalResourceId": "DatabaseSchema",
        "PhysicalResourceId": physical,
        "ResourceProperties": { "Schema": asked.to_string() },
        "OldResourceProperties": { "Schema": before },
    })
}

/// The linter insists, and this machine's server may be one that it warns of: a deployment then is
/// told what an operator is told.
fn expect_done(told: &Value, whole: &Result<Value, migrate::MigrateError>) {
    match whole {
        Ok(_) => assert_eq!(told["Status"], "SUCCESS", "{told}"),
        Err(error) => assert_eq!(told["Reason"], error.to_string(), "{told}"),
    }
}

#[tokio::test]
async fn a_new_database_and_an_older_one_are_brought_up_to_date() {
    Database::with_empty(async |database| {
        let own = {
            migrate::apply(&database.owner_url()).await.unwrap();
            newest(&database.owner().await).await
        };
        let whole = ask(&database, json!({})).await;
        Database::with_empty(async |database| {
            let told = ask(&database, event("Create", own, None)).await.unwrap();
            expect_done(&told, &whole);
            assert_eq!(told["PhysicalResourceId"], "database-schema");
            assert_eq!(newest(&database.owner().await).await, own);
        })
        .await;
        Database::with_empty(async |database| {
            migrate_to(&database, own - 1).await;
            let update = event("Update", own, Some(own - 1));
            let told = ask(&database, update).await.unwrap();
            expect_done(&told, &whole);
            assert_eq!(newest(&database.owner().await).await, own);
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_deployment_that_is_undone_leaves_the_database_as_it_is() {
    Database::with_empty(async |database| {
        migrate::apply(&database.owner_url()).await.unwrap();
        let owner = database.owner().await;
        let own = newest(&owner).await;
        for kind in ["Update", "Delete"] {
            let back = event(kind, own - 1, Some(own));
            let told = ask(&database, back).await.unwrap();
            assert_eq!(told["Status"], "SUCCESS", "{told}");
            assert_eq!(newest(&owner).await, own);
        }
        let ahead = event("Update", own + 1, Some(own));
        let told = ask(&database, ahead).await.unwrap();
        assert_eq!(told["Status"], "FAILED", "{told}");
    })
    .await;
}

#[tokio::test]
async fn a_run_that_would_not_end_in_time_is_given_up_and_told() {
    Database::with_empty(async |database| {
        let clock = Clock::fixed(Clock::System.now());
        let over = Deadline::new(clock.clone(), clock.now(), std::time::Duration::ZERO);
        let told = ask_until(&database, event("Create", 1, None), &over).await;
        let told = told.unwrap();
        assert_eq!(told["Status"], "FAILED");
        let reason = told["Reason"].as_str().unwrap();
        assert!(reason.starts_with("the time is up"), "{reason}");
    })
    .await;
}

/// A stack on this machine, and the file with the authority of its certificate.
struct Stack {
    receiver: Receiver,
    authority: PathBuf,
}

impl Stack {
    async fn start() -> Self {
        let (receiver, pem) = Receiver::secure("127.0.0.1").await;
        let authority = std::env::temp_dir().join(format!("{}.pem", Uuid::new_v4()));
        std::fs::write(&authority, pem).unwrap();
        Self {
            receiver,
            authority,
        }
    }

    /// Sends an event to the function's own program, and answers how that ended.
    async fn send(&self, mut event: Value, database: &str) -> Outcome {
        let address = self.receiver.address();
        let url = event.get_mut("ResponseURL").unwrap();
        *url = json!(format!("https://{address}/answer?Signature=a%2Fb%3D"));
        Program::new("migrate", env!("CARGO_BIN_EXE_migrate"))
            .env("DATABASE_URL", database)
            .env("AWS_CA_BUNDLE", self.authority.to_str().unwrap())
            .invoke(&event, None)
            .await
    }

    /// What it was told, in order.
    fn told(&self) -> Vec<Value> {
        let seen = self.receiver.seen();
        let read = seen.iter().map(|received| {
            assert_eq!(received.line, "PUT /answer?Signature=a%2Fb%3D HTTP/1.1");
            // A signature over another content type than none would not hold.
            assert_eq!(received.header("content-type"), "");
            serde_json::from_slice(&received.body).unwrap()
        });
        read.collect()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.authority));
    }
}

const NOWHERE: &str = "postgres://tenantry@127.0.0.1:1/tenantry?sslmode=disable";

#[tokio::test]
async fn the_program_tells_its_stack() {
    Database::with_migrated(async |database| {
        let stack = Stack::start().await;
        let own = newest(&database.owner().await).await;
        let back = event("Update", own - 1, Some(own));
        let ended = stack.send(back, &database.owner_url()).await;
        assert!(matches!(ended, Outcome::Answered(_)), "{ended:?}");
        let told = stack.told();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0]["Status"], "SUCCESS");
        assert_eq!(told[0]["LogicalResourceId"], "DatabaseSchema");
    })
    .await;
}

#[tokio::test]
async fn a_database_out_of_reach_is_told_and_so_is_one_that_nobody_named() {
    for database in [NOWHERE, ""] {
        let stack = Stack::start().await;
        let ended = stack.send(event("Create", 1, None), database).await;
        assert!(matches!(ended, Outcome::Answered(_)), "{ended:?}");
        let told = stack.told();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0]["Status"], "FAILED");
        assert_ne!(told[0]["Reason"], "");
    }
}

/// Lambda sends an event again that ended with an error, so the stack is told in the end.
#[tokio::test]
async fn a_stack_that_does_not_listen_is_told_again_and_then_left_to_lambda() {
    let stack = Stack::start().await;
    stack.receiver.behave(Manner::status(503));
    let ended = stack.send(event("Delete", 1, None), NOWHERE).await;
    let Outcome::Failed(error) = ended else {
        panic!("{ended:?}");
    };
    assert_eq!(error["errorType"], "deployment");
    assert_eq!(
        error["errorMessage"],
        "the stack was not told: the answer was 503"
    );
    assert_eq!(stack.told().len(), 3);
    // The control: where the stack's certificate is nobody's, it hears nothing at all.
    let stranger = Stack::start().await;
    let (_, pem) = Receiver::secure("127.0.0.1").await;
    std::fs::write(&stranger.authority, pem).unwrap();
    let ended = stranger.send(event("Delete", 1, None), NOWHERE).await;
    assert!(matches!(ended, Outcome::Failed(_)), "{ended:?}");
    assert_eq!(stranger.told().len(), 0);
}
