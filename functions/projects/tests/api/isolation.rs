//! No tenant sees another's projects, and a handler that forgets its tenant sees none at all.

use serde_json::json;
use shared::db::{DbError, Statement};
use testkit::isolation::{Expected, Suite};
use testkit::{Call, Caller, CountingProxy};

use crate::{Scene, names};

/// What each route does; the suite fails for one that is not here.
pub(crate) fn expected() -> Vec<Expected> {
    let name = json!({ "name": "Gemini" });
    vec![
        Expected::get("/v1/projects").lists(),
        Expected::post("/v1/projects", name.clone()).creates(),
        Expected::get("/v1/projects/{id}"),
        Expected::put("/v1/projects/{id}", name.clone()),
        Expected::delete("/v1/projects/{id}"),
        Expected::get("/v2/projects").lists(),
        Expected::post("/v2/projects", name.clone()).creates(),
        Expected::get("/v2/projects/{id}"),
        Expected::patch("/v2/projects/{id}", name),
        Expected::delete("/v2/projects/{id}"),
    ]
}

#[tokio::test]
async fn every_route_keeps_tenants_apart() {
    let scene = Scene::new().await;
    let suite = Suite {
        service: &scene.service,
        expected: expected(),
        owner: &scene.owner,
        other: &scene.stranger().await,
        make: async |caller: &Caller| crate::create(&scene.service, caller, "Apollo").await,
    };
    suite.holds(&projects::routes::table()).await;
}

#[tokio::test]
async fn a_suspended_tenant_does_not_get_in() {
    let scene = Scene::new().await;
    let owner = scene.database.owner().await;
    let suspend = "UPDATE app.tenants SET status = 'suspended'";
    owner.execute(suspend, &[]).await.unwrap();
    let reply = scene.send(Call::get("/v2/projects")).await.expect(403);
    assert_eq!(reply.json()["code"], "tenant_suspended");
}

/// The negative control of row-level security: the same statement without a tenant is an error,
/// not an empty list and never rows.
#[tokio::test]
async fn a_handler_that_forgot_its_tenant_gets_an_error() {
    let scene = Scene::new().await;
    scene.create("Apollo").await;
    let every =
        || Statement::new("SELECT name FROM projects").many(|row| row.try_get::<_, String>(0));
    let forgotten = scene.app.db.without_tenant(every()).await;
    let Err(DbError::Other(error)) = forgotten else {
        panic!("got {:?}", forgotten.map(|rows| rows.len()));
    };
    assert_eq!(error.code().unwrap().code(), "42501");
    let remembered = scene
        .app
        .db
        .read(scene.owner.tenant, every())
        .await
        .unwrap();
    assert_eq!(remembered, ["Apollo"]);
}

/// One tenant after another on one connection: what the first one set is gone.
#[tokio::test]
async fn tenants_in_turn_on_one_connection_see_their_own() {
    let scene = Scene::new().await;
    let stranger = scene.stranger().await;
    scene.create("ours").await;
    crate::create(&scene.service, &stranger, "theirs").await;
    for _ in 0..20 {
        for (caller, expected) in [(&scene.owner, "ours"), (&stranger, "theirs")] {
            let list = Call::get("/v2/projects")
                .by(caller)
                .send(&scene.service)
                .await;
            assert_eq!(names(&list.expect(200).json()["data"]), [expected]);
        }
    }
}

#[tokio::test]
async fn a_simple_request_costs_one_round_trip() {
    let scene = Scene::new().await;
    let proxy = CountingProxy::before(&scene.database.url("projects")).await;
    let config = shared::db::DatabaseConfig::new(proxy.url(), None, None).unwrap();
    let app = shared::state::App {
        db: shared::db::Database::new(config),
        ..scene.app.clone()
    };
    app.db.warm().await.unwrap();
    let service = shared::pipeline::service(projects::routes::table(), app.clone());
    let id = crate::create(&service, &scene.owner, "Apollo").await;
    let create = Call::post("/v2/projects", &json!({ "name": "b" })).header("idempotency-key", "b");
    let patch = Call::new("PATCH", &format!("/v2/projects/{id}"))
        .header("if-match", "*")
        .json(&json!({ "name": "c" }));
    let calls = [
        Call::get("/v1/projects"),
        Call::get("/v2/projects"),
        Call::get(&format!("/v2/projects/{id}")),
        create,
        patch,
    ];
    for call in calls {
        let before = proxy.trips();
        let reply = call.clone().by(&scene.owner).send(&service).await;
        assert!(reply.status.is_success());
        assert_eq!(proxy.trips() - before, 1, "{}", call.event()["routeKey"]);
    }
    // The control: the proxy does count more where there are more.
    let before = proxy.trips();
    for _ in 0..3 {
        app.db
            .without_tenant(Statement::new("SELECT 1"))
            .await
            .unwrap();
    }
    assert_eq!(proxy.trips() - before, 3);
}
