//! A deployment's change of programs, while requests and jobs go on.
//!
//! An alias that moves to a new version lets the old version's environments end what they are at, and
//! starts new ones for what comes then. So does the local runtime.

use std::{fs, path::PathBuf};

use local::api::Call;

use crate::{
    database::Database,
    processes::{kill_all, processes_of},
    tenant::Tenant,
    world::{OFTEN, World, program, run, until},
};

mod load;

use load::{Load, tenants};

/// How many requests of a function wait for a lock.
const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
     WHERE usename = 'svc_projects' AND wait_event_type = 'Lock'";
const LOCK: &str = "BEGIN; LOCK TABLE projects.projects IN ACCESS EXCLUSIVE MODE";
/// How many rounds of requests there are before anything is changed, and after everything is.
const ROUNDS: u64 = 10;
/// The functions that the load needs, whose new programs must therefore be running in the end.
const BUSY: [&str; 9] = [
    "auth",
    "authorizer",
    "billing",
    "billing-meter",
    "projects",
    "relay",
    "report-worker",
    "reports",
    "webhooks",
];

/// A stack whose projects function does not give up by itself while it waits for a lock.
async fn patient(name: &str) -> (World, Database) {
    let world = World::start(name, &[]).await;
    let database = Database::of(&world).await;
    let patient = "ALTER ROLE svc_projects SET lock_timeout = '60s';
         ALTER ROLE svc_projects SET statement_timeout = '60s'";
    database.client.batch_execute(patient).await.unwrap();
    (world, database)
}

/// The same programs at another place, as a later release's would be.
fn newer(world: &World) -> PathBuf {
    let folder = world.folder.join("newer");
    fs::create_dir_all(&folder).unwrap();
    for function in &world.stack.template().functions {
        let name = &function.binary;
        fs::hard_link(older(name), folder.join(name)).unwrap();
    }
    folder
}

/// Where a program is at first.
fn older(name: &str) -> PathBuf {
    program().with_file_name(name)
}

async fn until_waiting(world: &World) {
    let observer = Database::of(world).await;
    until("a waiting request", OFTEN, async || {
        observer.number(WAITING, &[]).await > 0
    })
    .await;
}

/// Replaces the projects function while requests of it are at work, which then end well.
async fn replace_at_work(world: &World, database: &Database, owner: &Tenant, newer: PathBuf) {
    let old = older("projects");
    database.client.batch_execute(LOCK).await.unwrap();
    let sender = owner.clone();
    let at_work = tokio::spawn(async move { sender.send(Call::get("/v2/projects")).await });
    until_waiting(world).await;
    let lambda = world.stack.lambda();
    lambda.replace("ProjectsFunction", newer).unwrap();
    // Not stopped, because it has not ended what it is at.
    assert!(!processes_of(&world.stack, &old).is_empty());
    database.client.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(at_work.await.unwrap().status, 200);
}

#[test]
fn all_programs_are_replaced_without_a_failed_request_or_a_lost_job() {
    run(async {
        let (world, database) = patient("rolling").await;
        let tenants = tenants(&world).await;
        let newer = newer(&world);
        let load = Load::start(&tenants);
        load.go_on(ROUNDS).await;
        replace_at_work(&world, &database, &tenants[0], newer.join("projects")).await;
        for function in &world.stack.template().functions {
            let program = newer.join(&function.binary);
            world.stack.lambda().replace(&function.id, program).unwrap();
            let old = older(&function.binary);
            until("the end of the old program", OFTEN, async || {
                processes_of(&world.stack, &old).is_empty()
            })
            .await;
        }
        for name in BUSY {
            let new = newer.join(name);
            until("a new program at work", OFTEN, async || {
                !processes_of(&world.stack, &new).is_empty()
            })
            .await;
        }
        load.go_on(ROUNDS).await;
        let tally = load.stop().await;

        assert_eq!(tally.failed, [""; 0]);
        assert!(tally.answered > 0 && !tally.reports.is_empty(), "{tally:?}");
        tally.assert_nothing_lost(&world, &tenants).await;
        world.stack.stop().await.unwrap();
    });
}

/// The control: the same load, and programs that are killed instead of being left to end.
#[test]
fn killing_programs_fails_requests_and_the_same_count_shows_it() {
    run(async {
        let (world, database) = patient("rolling-killed").await;
        let tenants = tenants(&world).await;
        let load = Load::start(&tenants);
        load.go_on(ROUNDS).await;
        database.client.batch_execute(LOCK).await.unwrap();
        until_waiting(&world).await;
        kill_all(&world.stack, "projects").await;
        database.client.batch_execute("ROLLBACK").await.unwrap();
        load.go_on(ROUNDS).await;
        let tally = load.stop().await;

        assert!(!tally.failed.is_empty());
        for failed in &tally.failed {
            assert!(failed.contains("/projects: 500"), "{failed}");
        }
        world.stack.stop().await.unwrap();
    });
}
