//! What a client does with each tenant, and how its answers are judged.

use std::time::Duration;

use axum::Router;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::db::Database;
use shared::limits::{Backend, Limits, MemoryLimiter};
use shared::pipeline;
use shared::state::App;
use testkit::{Call, Caller, Reply};

use super::ROUNDS;
use crate::{Scene, create, uuid};

/// Answers in one round of one client.
pub(super) const ANSWERS: usize = 7;
/// Projects that nobody removes.
const STOCK: usize = 3;

/// The first tenant's silo.
const SILO: &str = "
    CREATE SCHEMA t_acme AUTHORIZATION app_owner;
    SET ROLE app_owner;
    COMMENT ON SCHEMA t_acme IS 'roles: svc_projects';
    GRANT USAGE ON SCHEMA t_acme TO svc_projects;
    CREATE TABLE t_acme.projects (LIKE projects.projects INCLUDING ALL);
    CALL app.protect('t_acme.projects');
    CALL app.add_tally('t_acme.projects', 'svc_projects');
    GRANT SELECT, INSERT, DELETE ON t_acme.projects TO svc_projects;
    RESET ROLE;";

/// A tenant whose every project's name begins with the tenant's id.
#[derive(Debug, Clone)]
pub(super) struct Known {
    caller: Caller,
    mark: String,
    stock: Vec<String>,
    /// A caller of a suspended tenant, who comes in between.
    suspended: Caller,
}

impl Known {
    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Whether a name is one of this tenant's.
    pub(super) fn is_ours(&self, name: &str) -> bool {
        name.starts_with(&self.mark)
    }
}

/// Tenants with their stock; the first has a silo.
pub(super) async fn known(scene: &Scene, count: usize) -> Vec<Known> {
    let owner = scene.database.owner().await;
    owner.batch_execute(SILO).await.unwrap();
    let suspended = scene.stranger().await;
    let suspend = "UPDATE app.tenants SET status = 'suspended' WHERE id = $1";
    let id = suspended.tenant.id();
    owner.execute(suspend, &[&id]).await.unwrap();
    let mut tenants = Vec::new();
    for number in 0..count {
        let caller = scene.stranger().await;
        let id = caller.tenant.id();
        if number == 0 {
            let move_in =
                "UPDATE app.tenants SET tier = 'silo', silo_schema = 't_acme' WHERE id = $1";
            owner.execute(move_in, &[&id]).await.unwrap();
        }
        let mark = id.to_string();
        let mut stock = Vec::new();
        for _ in 0..STOCK {
            stock.push(create(&scene.service, &caller, &format!("{mark}-stock")).await);
        }
        tenants.push(Known {
            caller,
            mark,
            stock,
            suspended: suspended.clone(),
        });
    }
    tenants
}

/// What came of one client's calls.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) answers: usize,
    pub(super) wrong: Vec<String>,
}

impl Tally {
    fn judge(&mut self, what: &str, reply: &Reply, right: bool) {
        self.answers += 1;
        if !right {
            let body = String::from_utf8_lossy(&reply.body);
            self.wrong.push(format!("{what}: {} {body}", reply.status));
        }
    }
}

/// Goes round the tenants through one connection of its own, each time as another one.
pub(super) async fn client(database: Database, number: usize, tenants: Vec<Known>) -> Tally {
    let app = App {
        db: database,
        limits: limits(),
        clock: Clock::System,
    };
    let service = pipeline::service(projects::routes::table(), app);
    let mut tally = Tally::default();
    for round in 0..ROUNDS {
        let place = (number + round) % tenants.len();
        let other = &tenants[(place + 1) % tenants.len()];
        visit(&service, &tenants[place], other, &mut tally).await;
    }
    tally
}

fn limits() -> Limits {
    let backend = Backend::Memory(MemoryLimiter::new());
    Limits::new(backend, Clock::System, Duration::from_secs(1))
}

async fn visit(service: &Router, tenant: &Known, other: &Known, tally: &mut Tally) {
    let send = async |call: Call| call.by(&tenant.caller).send(service).await;
    let path = |id: &str| format!("/v2/projects/{id}");

    let name = format!("{} for a while", tenant.mark);
    let create = Call::post("/v2/projects", &json!({ "name": name }));
    let made = send(create.header("idempotency-key", &uuid())).await;
    tally.judge("create", &made, made.status == 201);
    let made = made.json()["id"].as_str().unwrap_or_default().to_owned();

    let list = send(Call::get("/v2/projects?limit=100")).await;
    let rows = list.json()["data"].as_array().cloned().unwrap_or_default();
    let ours = |row: &Value| {
        row["name"]
            .as_str()
            .is_some_and(|name| tenant.is_ours(name))
    };
    let ids: Vec<&str> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
    let mut whole = tenant.stock.iter().chain([&made]);
    let whole = whole.all(|id| ids.contains(&id.as_str()));
    tally.judge("list", &list, whole && rows.iter().all(ours));

    let find = send(Call::get(&path(&tenant.stock[0]))).await;
    tally.judge("find", &find, find.status == 200 && ours(&find.json()));
    let foreign = send(Call::get(&path(&other.stock[0]))).await;
    tally.judge("foreign", &foreign, foreign.status == 404);

    // A batch that fails at its second statement, with the rest of it under way.
    let refused = Call::get("/v2/projects").by(&tenant.suspended);
    let refused = refused.send(service).await;
    tally.judge("suspended", &refused, refused.status == 403);

    // A transaction of several trips: it keeps its connection between them.
    let delete = Call::new("DELETE", &path(&made)).header("if-match", "*");
    let delete = send(delete).await;
    tally.judge("delete", &delete, delete.status == 204);
    let gone = send(Call::get(&path(&made))).await;
    tally.judge("deleted", &gone, gone.status == 404);
}
