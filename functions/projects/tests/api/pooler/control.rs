//! The negative controls: a tenant set for the session, as many do it, is another one's as well.

use tokio::task::JoinSet;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use super::bouncer::{Bouncer, CLIENTS};
use super::traffic::{self, Known, known};
use super::{TENANTS, database, look};
use crate::Scene;

/// `app.enter` as it must not be.
const ENTER_FOR_THE_SESSION: &str = "
    SET ROLE app_owner;
    CREATE OR REPLACE FUNCTION app.enter(tenant uuid) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM app.admit(tenant);
      PERFORM set_config('app.current_tenant', tenant::text, false);
    END $$;
    RESET ROLE;";

/// How often each client reads.
const READS: usize = 20;

/// Sets the tenant for the session.
async fn set(client: &Client, tenant: &Known) {
    let id = tenant.caller().tenant.id().to_string();
    let set = "SELECT set_config('app.current_tenant', $1, false)";
    let parameter: [(&(dyn ToSql + Sync), Type); 1] = [(&id, Type::TEXT)];
    client.execute_typed(set, &parameter).await.unwrap();
}

/// The names that a client is shown; none on a connection that no session has set yet.
async fn names(client: &Client) -> Vec<String> {
    let read = client.query_typed("SELECT name FROM projects", &[]).await;
    let rows = read.unwrap_or_default();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Sets the tenant once, and then reads; answers how often others' rows came.
async fn leaky(client: Client, tenant: Known) -> usize {
    set(&client, &tenant).await;
    let mut wrong = 0;
    for _ in 0..READS {
        if names(&client)
            .await
            .iter()
            .any(|name| !tenant.is_ours(name))
        {
            wrong += 1;
        }
    }
    wrong
}

#[tokio::test]
async fn a_tenant_set_for_the_session_leaks() {
    let scene = Scene::new().await;
    let tenants = known(&scene, TENANTS).await;
    let bouncer = Bouncer::before(&scene.database.url("projects")).await;
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        // Not the first: without app.enter nobody finds its silo.
        let tenant = tenants[1 + number % (TENANTS - 1)].clone();
        clients.spawn(leaky(bouncer.client().await, tenant));
    }
    let wrong: usize = clients.join_all().await.iter().sum();
    assert!(wrong > 0, "no session saw another tenant's rows");

    // Somebody who never was a tenant, on the connection that was used last.
    set(&bouncer.client().await, &tenants[1]).await;
    let nobody = names(&bouncer.client().await).await;
    assert!(!nobody.is_empty(), "nothing was left behind");
    assert!(nobody.iter().all(|name| tenants[1].is_ours(name)));
}

/// The very traffic of the functions, with an `app.enter` that leaves something behind.
#[tokio::test]
async fn an_enter_for_the_session_is_seen_by_whoever_looks() {
    let scene = Scene::new().await;
    let tenants = known(&scene, TENANTS).await;
    let owner = scene.database.owner().await;
    owner.batch_execute(ENTER_FOR_THE_SESSION).await.unwrap();
    let bouncer = Bouncer::before(&scene.database.url("projects")).await;
    traffic::client(database(bouncer.url()), 1, tenants).await;
    let looking = database(bouncer.url());
    let (_, tenant, _) = looking.without_tenant(look()).await.unwrap();
    assert!(!tenant.is_empty(), "nothing was left behind");
}
