//! A function's process that dies takes at most its own request along.

use local::api::Call;

use crate::{
    database::Database,
    processes::{kill_all, processes},
    tenant::Tenant,
    world::{OFTEN, World, run, until},
};

/// How many requests of the function wait for a lock.
const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
     WHERE usename = 'svc_projects' AND wait_event_type = 'Lock'";

#[test]
fn a_function_killed_while_idle_or_serving_answers_the_next_request() {
    run(async {
        let world = World::rough().await;
        let database = Database::of(world).await;
        let owner = Tenant::sign_up(world).await;
        let list = Call::get("/v2/projects");
        owner.expect(200, list.clone()).await;
        // For the connections of later processes: a request that waits must not give up by itself.
        let patient = "ALTER ROLE svc_projects SET lock_timeout = '60s';
             ALTER ROLE svc_projects SET statement_timeout = '60s'";
        database.client.batch_execute(patient).await.unwrap();

        kill_all(&world.stack, "projects").await;
        owner.expect(200, list.clone()).await;
        let survivors = processes(&world.stack, "projects");
        assert_eq!(survivors.len(), 1);

        let lock = "BEGIN; LOCK TABLE projects.projects IN ACCESS EXCLUSIVE MODE";
        database.client.batch_execute(lock).await.unwrap();
        let observer = Database::of(world).await;
        let sender = owner.clone();
        let serving = tokio::spawn(async move { sender.send(Call::get("/v2/projects")).await });
        until("a waiting request", OFTEN, async || {
            observer.number(WAITING, &[]).await > 0
        })
        .await;
        kill_all(&world.stack, "projects").await;
        assert_eq!(serving.await.unwrap().status, 500);
        database.client.batch_execute("ROLLBACK").await.unwrap();
        owner.expect(200, list).await;
        assert_ne!(processes(&world.stack, "projects"), survivors);
    });
}
