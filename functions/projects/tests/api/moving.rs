//! A tenant is moved while it works: nothing that was acknowledged is lost, and reading goes on.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use axum::Router;
use serde_json::{Value, json};
use shared::db::DatabaseConfig;
use shared::deadline::Deadline;
use shared::pipeline;
use testkit::{Call, Caller, TestDatabase};

use crate::{Scene, uuid};

/// The size of the tenant that is moved, in rows.
const ROWS: i32 = 10_000;
/// How often a refused write is sent again before the test gives up.
const TRIES_MAX: u32 = 2_000;
/// The pause between two tries, in milliseconds.
const PAUSE_MS: u64 = 5;

/// What one caller's writes came to.
#[derive(Default)]
struct Account {
    created: RefCell<BTreeSet<String>>,
    refused: Cell<u32>,
    /// The longest time from a first refusal to the acceptance of the same write.
    longest: Cell<Duration>,
}

fn service(database: &TestDatabase) -> Router {
    pipeline::service(projects::routes::table(), database.app("projects"))
}

async fn move_to(database: &TestDatabase, caller: &Caller, to: &str) -> Value {
    let event = json!({ "move_tenant": { "tenant_id": caller.tenant.id(), "to": to } });
    let event = serde_json::from_value(event).unwrap();
    let config = DatabaseConfig::new(&database.owner_url(), None, None).unwrap();
    let answer = migrate::perform(event, &config, &Deadline::never()).await;
    serde_json::to_value(answer.unwrap()).unwrap()
}

/// Creates projects until told to stop, each until it is accepted; every third is removed again.
async fn write(database: &TestDatabase, caller: &Caller, stop: &Cell<bool>, account: &Account) {
    let service = service(database);
    while !stop.get() {
        let key = uuid();
        let call = Call::post("/v2/projects", &json!({ "name": "written" }));
        let call = call.header("idempotency-key", &key);
        let created = accepted(&service, caller, &call, 201, account).await;
        let id = created["id"].as_str().unwrap().to_owned();
        account.created.borrow_mut().insert(id.clone());
        if account.created.borrow().len().is_multiple_of(3) {
            let delete = Call::new("DELETE", &format!("/v2/projects/{id}")).header("if-match", "*");
            accepted(&service, caller, &delete, 204, account).await;
            account.created.borrow_mut().remove(&id);
        }
    }
}

/// Sends a call again for as long as it is refused because of a move.
async fn accepted(
    service: &Router,
    caller: &Caller,
    call: &Call,
    status: u16,
    account: &Account,
) -> Value {
    let begun = Instant::now();
    for _ in 0..TRIES_MAX {
        let reply = call.clone().by(caller).send(service).await;
        if reply.status != 503 {
            return reply.expect(status).json();
        }
        assert_eq!(reply.json()["code"], "tenant_moving");
        assert_eq!(reply.header("retry-after"), "2");
        account.refused.set(account.refused.get() + 1);
        tokio::time::sleep(Duration::from_millis(PAUSE_MS)).await;
        account
            .longest
            .set(account.longest.get().max(begun.elapsed()));
    }
    panic!("refused {TRIES_MAX} times");
}

/// Reads until told to stop: the list never shrinks below what was there, and nothing is missing.
async fn read(database: &TestDatabase, caller: &Caller, kept: &str, stop: &Cell<bool>) -> u32 {
    let service = service(database);
    let mut reads = 0;
    while !stop.get() {
        let list = Call::get("/v2/projects?limit=1").by(caller);
        let list = list.send(&service).await.expect(200).json();
        assert!(
            list["meta"]["total"].as_i64().unwrap() >= i64::from(ROWS),
            "{list}"
        );
        assert_eq!(list["data"].as_array().unwrap().len(), 1);
        let one = Call::get(&format!("/v2/projects/{kept}")).by(caller);
        one.send(&service).await.expect(200);
        reads += 2;
    }
    reads
}

/// The ids of a tenant's projects, wherever they are, and its tally.
async fn found(database: &TestDatabase, caller: &Caller) -> (BTreeSet<String>, i64) {
    let client = database.client("projects").await;
    let enter = format!(
        "BEGIN READ ONLY; SELECT app.enter('{}')",
        caller.tenant.id()
    );
    client.batch_execute(&enter).await.unwrap();
    let rows = client.query("SELECT id::text FROM projects", &[]).await;
    let ids = rows.unwrap().iter().map(|row| row.get(0)).collect();
    let tally = "SELECT sum(rows)::bigint FROM tallies WHERE table_name = 'projects'";
    (ids, client.query_one(tally, &[]).await.unwrap().get(0))
}

#[tokio::test]
#[expect(
    clippy::print_stdout,
    reason = "how long writers are refused is worth knowing"
)]
async fn nothing_that_was_acknowledged_is_lost_while_a_tenant_is_moved() {
    let scene = Scene::new().await;
    let (database, owner, stranger) = (&scene.database, &scene.owner, &scene.stranger().await);
    let kept = scene.create("kept").await;
    let client = database.client("projects").await;
    let fill = format!(
        "BEGIN; SELECT app.enter('{}');
         INSERT INTO projects (id, name) SELECT gen_random_uuid(), 'there' FROM generate_series(1, {ROWS});
         COMMIT",
        owner.tenant.id()
    );
    client.batch_execute(&fill).await.unwrap();
    let before = found(database, owner).await.0;

    let (stop, own, theirs) = (Cell::new(false), Account::default(), Account::default());
    let moves = async {
        for to in ["silo", "pool", "silo", "pool", "silo"] {
            let moved = move_to(database, owner, to).await;
            println!("to the {to}: {moved}");
            assert!(moved["rows"].as_i64().unwrap() > i64::from(ROWS));
        }
        stop.set(true);
    };
    let (reads, ..) = tokio::join!(
        read(database, owner, &kept, &stop),
        write(database, owner, &stop, &own),
        write(database, owner, &stop, &own),
        write(database, owner, &stop, &own),
        write(database, stranger, &stop, &theirs),
        moves,
    );
    let (created, refused) = (own.created.into_inner(), own.refused.get());
    println!(
        "{} rows acknowledged, {reads} reads, {refused} writes refused, the longest for {:?}",
        created.len(),
        own.longest.get()
    );
    let (ids, tally) = found(database, owner).await;
    let expected: BTreeSet<String> = before.union(&created).cloned().collect();
    assert_eq!(
        ids.difference(&expected).count(),
        0,
        "more than was written"
    );
    assert_eq!(
        expected.difference(&ids).count(),
        0,
        "acknowledged and lost"
    );
    assert_eq!(tally, i64::try_from(ids.len()).unwrap());
    assert!(
        refused > 0 && created.len() > 20,
        "there was no load to speak of"
    );
    let (ids, tally) = found(database, stranger).await;
    assert_eq!(ids, theirs.created.into_inner(), "another tenant's");
    assert_eq!(
        (tally, theirs.refused.get()),
        (i64::try_from(ids.len()).unwrap(), 0)
    );
}

/// Both versions tell a writer when to come back, and a reader nothing.
#[tokio::test]
async fn a_write_during_a_move_is_refused_and_a_read_is_not() {
    let scene = Scene::new().await;
    let id = scene.create("Apollo").await;
    let mover = scene.database.owner().await;
    let hold = format!(
        "BEGIN; SELECT pg_advisory_xact_lock(app.write_lock('{}'))",
        scene.owner.tenant.id()
    );
    mover.batch_execute(&hold).await.unwrap();
    let path = format!("/v2/projects/{id}");
    let rename = Call::new("PATCH", &path)
        .json(&json!({ "name": "Gemini" }))
        .header("if-match", "*");
    let refused = scene.send(rename.clone()).await.expect(503);
    assert_eq!(refused.json()["code"], "tenant_moving");
    assert_eq!(refused.header("retry-after"), "2");
    let create = Call::post("/v1/projects", &json!({ "name": "Gemini" }));
    let refused = scene.send(create).await.expect(503);
    assert_eq!(refused.header("retry-after"), "2");
    assert_eq!(
        refused.json(),
        json!({ "error": "the tenant's data is being moved; reading goes on" })
    );
    scene.send(Call::get(&path)).await.expect(200);
    scene.send(Call::get("/v1/projects")).await.expect(200);
    mover.batch_execute("COMMIT").await.unwrap();
    let renamed = scene.send(rename).await.expect(200);
    assert_eq!(renamed.json()["name"], "Gemini");
}
