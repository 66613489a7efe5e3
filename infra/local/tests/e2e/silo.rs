//! A message on the tenant queue moves a tenant, and nothing that the tenant does can tell.

use serde_json::json;
use uuid::Uuid;

use crate::{
    database::Database,
    tenant::Tenant,
    world::{SELDOM, World, run, until},
};

/// Sends a task and waits until the register says that it was done and cleared up after.
async fn relocate(world: &World, database: &Database, tenant: &Tenant, to: &str) {
    let task = json!({ "move_tenant": { "tenant_id": tenant.id, "to": to } });
    let queue = world.stack.template().queue("TenantQueue").unwrap();
    let send = world.stack.clients().sqs.send_message();
    let send = send.queue_url(&queue.url).message_body(task.to_string());
    send.send().await.unwrap();
    let id: Uuid = tenant.id.parse().unwrap();
    let done = "SELECT count(*) FROM app.tenants AS t
                 WHERE t.id = $1 AND t.tier = $2 AND NOT EXISTS (SELECT FROM app.vacated)";
    until("the move", SELDOM, async || {
        database.number(done, &[&id, &to]).await == 1
    })
    .await;
}

#[test]
fn a_tenant_is_moved_by_a_message_and_works_on() {
    run(async {
        let world = World::start("silo", &[]).await;
        let database = Database::of(&world).await;
        let (owner, other) = (Tenant::sign_up(&world).await, Tenant::sign_up(&world).await);
        owner.create_project("Before").await;
        other.create_project("Elsewhere").await;
        let in_pool = "SELECT count(*) FROM projects.projects";
        for (to, name, pooled) in [("silo", "In the silo", 1), ("pool", "Back", 4)] {
            relocate(&world, &database, &owner, to).await;
            owner.create_project(name).await;
            let report = owner.order_report().await;
            assert_eq!(owner.finished_report(&report).await["status"], "succeeded");
            assert_eq!(database.number(in_pool, &[]).await, pooled, "in the {to}");
        }
        let list = owner.get("/v2/projects").await;
        assert_eq!(list.json()["meta"]["total"], 3);
        let list = other.get("/v2/projects").await;
        assert_eq!(list.json()["meta"]["total"], 1);
        world.stack.stop().await.unwrap();
    });
}
