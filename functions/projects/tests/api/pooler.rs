//! Behind PgBouncer in transaction mode: many clients, two connections to the server.
//!
//! The next transaction on a connection is somebody else's. What a session leaves behind is
//! therefore another tenant's, which is why `app.enter` leaves nothing.

mod bouncer;
mod control;
mod traffic;

use std::sync::Arc;

use shared::db::{Database, DatabaseConfig, DbError, Statement};
use tokio::task::JoinSet;

use crate::Scene;
use bouncer::{Bouncer, CLIENTS, SERVER_CONNECTIONS};
use traffic::{Known, client, known};

/// Tenants that take turns on every client; the first has a silo.
const TENANTS: usize = 5;
/// How often each client goes round.
const ROUNDS: usize = 4;
/// Looks at a server's connection while the traffic goes on, at most.
const LOOKS_MAX: usize = 2_000;

/// What a transaction finds on its server's connection: the process, the tenant, the search path.
const LOOK: &str = "
SELECT pg_backend_pid() AS process,
       coalesce(current_setting('app.current_tenant', true), '') AS tenant,
       current_setting('search_path') AS path";

fn database(url: &str) -> Database {
    Database::new(DatabaseConfig::new(url, None, None).unwrap())
}

fn look() -> Statement<(i32, String, String)> {
    Statement::new(LOOK).one(|row| {
        Ok((
            row.try_get("process")?,
            row.try_get("tenant")?,
            row.try_get("path")?,
        ))
    })
}

/// Looks on until the traffic has ended: no tenant, and no silo, is ever left behind.
async fn nothing_stays(url: String, path: String, traffic: impl Fn() -> bool) -> usize {
    let database = database(&url);
    let mut looks = 0;
    while traffic() && looks < LOOKS_MAX {
        let (_, tenant, seen) = database.without_tenant(look()).await.unwrap();
        assert_eq!((tenant.as_str(), &seen), ("", &path));
        let every = Statement::new("SELECT name FROM projects");
        let forgotten = database.without_tenant(every).await;
        let Err(DbError::Other(error)) = forgotten else {
            panic!("a tenant was left behind: {forgotten:?}");
        };
        assert_eq!(error.code().unwrap().code(), "42501");
        looks += 1;
    }
    looks
}

/// Sends the traffic of all clients and answers how many answers there were, and which were wrong.
async fn all_clients(bouncer: &Bouncer, tenants: &[Known]) -> (usize, Vec<String>) {
    // All are connected before the first one asks: to log in takes longer than to ask.
    let mut connected = Vec::new();
    for _ in 0..CLIENTS {
        let database = database(bouncer.url());
        database.warm().await.unwrap();
        connected.push(database);
    }
    let mut clients = JoinSet::new();
    for (number, database) in connected.into_iter().enumerate() {
        clients.spawn(client(database, number, tenants.to_vec()));
    }
    let (mut answers, mut wrong) = (0, Vec::new());
    while let Some(client) = clients.join_next().await {
        let client = client.unwrap();
        answers += client.answers;
        wrong.extend(client.wrong);
    }
    (answers, wrong)
}

#[tokio::test]
async fn forty_clients_on_two_connections_get_no_wrong_answer() {
    let scene = Scene::new().await;
    let tenants = known(&scene, TENANTS).await;
    let bouncer = Bouncer::before(&scene.database.url("projects")).await;
    let (_, _, path) = scene.app.db.without_tenant(look()).await.unwrap();

    let going_on = Arc::new(());
    let weak = Arc::downgrade(&going_on);
    let looking = nothing_stays(bouncer.url().to_owned(), path.clone(), move || {
        weak.strong_count() > 0
    });
    let looking = tokio::spawn(looking);
    let (answers, wrong) = all_clients(&bouncer, &tenants).await;
    drop(going_on);
    let looks = looking.await.unwrap();
    assert!(wrong.is_empty(), "{} of {answers}: {wrong:#?}", wrong.len());
    assert_eq!(answers, CLIENTS * ROUNDS * traffic::ANSWERS);
    assert!(looks > 0);

    // Both connections afterwards, each held by a transaction while the other is looked at.
    let held = bouncer.client().await;
    let free = bouncer.client().await;
    held.batch_execute("BEGIN").await.unwrap();
    let mut processes = Vec::new();
    for client in [&held, &free] {
        let row = client.query_typed(LOOK, &[]).await.unwrap().remove(0);
        let (process, tenant, seen): (i32, String, String) = (row.get(0), row.get(1), row.get(2));
        assert_eq!((tenant.as_str(), &seen), ("", &path));
        processes.push(process);
    }
    assert_ne!(processes[0], processes[1]);
    held.batch_execute("COMMIT").await.unwrap();

    // The control: they really shared two connections.
    let count = "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid = ANY ($1)";
    let owner = scene.database.owner().await;
    let counted = owner.query_one(count, &[&processes]).await.unwrap();
    assert_eq!(counted.get::<_, i64>(0), SERVER_CONNECTIONS);
    let all = "SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND usename = 'svc_projects'";
    let counted = owner.query_one(all, &[]).await.unwrap().get::<_, i64>(0);
    // And one more: the scene's own, which does not go through PgBouncer.
    assert_eq!(counted, SERVER_CONNECTIONS + 1);
}
