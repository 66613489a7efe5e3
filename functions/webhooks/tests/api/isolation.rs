//! No tenant sees another's endpoints or deliveries.

use serde_json::json;
use shared::db::{DbError, Statement};
use shared::http::Route;
use shared::tenant::Role;
use shared::{idempotency, outbox};
use testkit::isolation::{Expected, Suite};
use testkit::{Call, Caller};
use webhooks::state::Webhooks;

use crate::{Scene, create, key, path, text};

/// As many endpoints as a test keeps of a tenant that may have ten.
const KEPT: usize = 7;

/// What each route about endpoints does; the suite fails for one that is not here.
fn about_endpoints() -> Vec<Expected> {
    let since = json!({ "since": "2026-02-14T00:00:00Z" });
    let url = json!({ "url": "https://example.com/other" });
    let admin = |expected: Expected| expected.for_role(Role::Admin);
    vec![
        Expected::get("/v2/webhooks/event-types"),
        admin(Expected::get("/v2/webhooks/endpoints").lists()),
        // Not as what `creates`: a repetition has no secret. See `secrets`.
        admin(Expected::post("/v2/webhooks/endpoints", url.clone())),
        admin(Expected::get("/v2/webhooks/endpoints/{id}")),
        admin(Expected::patch("/v2/webhooks/endpoints/{id}", url)),
        admin(Expected::delete("/v2/webhooks/endpoints/{id}")),
        admin(Expected::post("/v2/webhooks/endpoints/{id}/rotate-secret", json!({})).answers(200)),
        admin(
            Expected::post("/v2/webhooks/endpoints/{id}/test", json!({}))
                .answers(202)
                .unseen(),
        ),
        admin(
            Expected::post("/v2/webhooks/endpoints/{id}/recover", since)
                .answers(202)
                .unseen(),
        ),
    ]
}

/// What each route about deliveries does.
fn about_deliveries() -> Vec<Expected> {
    let admin = |expected: Expected| expected.for_role(Role::Admin);
    vec![
        admin(Expected::get("/v2/webhooks/deliveries").lists()),
        admin(Expected::get("/v2/webhooks/deliveries/{id}")),
        admin(
            Expected::post("/v2/webhooks/deliveries/{id}/redeliver", json!({}))
                .answers(202)
                .unseen(),
        ),
    ]
}

/// Makes an endpoint, the oldest going where there are too many.
async fn make(scene: &Scene, caller: &Caller) -> String {
    let list = Call::get("/v2/webhooks/endpoints")
        .by(caller)
        .send(&scene.service)
        .await;
    let list = list.expect(200).json();
    for old in list["data"].as_array().unwrap().iter().skip(KEPT - 1) {
        let delete = Call::new("DELETE", &path(old, "")).header("if-match", "*");
        delete.by(caller).send(&scene.service).await.expect(204);
    }
    let call = create(&json!({ "url": "https://example.com/" }), &key());
    let made = call.by(caller).send(&scene.service).await.expect(201);
    text(&made.json(), "id").to_owned()
}

async fn make_delivery(scene: &Scene, caller: &Caller) -> String {
    let endpoint = json!({ "id": make(scene, caller).await });
    let call = Call::post(&path(&endpoint, "/test"), &json!({})).header("idempotency-key", &key());
    let made = call.by(caller).send(&scene.service).await.expect(202);
    text(&made.json(), "id").to_owned()
}

fn table(deliveries: bool) -> Vec<Route<Webhooks>> {
    let all = webhooks::routes::table().into_iter();
    all.filter(|route| route.path.contains("/deliveries") == deliveries)
        .collect()
}

#[tokio::test]
async fn every_route_about_endpoints_keeps_tenants_apart() {
    let scene = Scene::new().await;
    let suite = Suite {
        service: &scene.service,
        expected: about_endpoints(),
        owner: &scene.owner,
        other: &scene.stranger().await,
        make: async |caller: &Caller| make(&scene, caller).await,
    };
    suite.holds(&table(false)).await;
}

#[tokio::test]
async fn every_route_about_deliveries_keeps_tenants_apart() {
    let scene = Scene::new().await;
    let suite = Suite {
        service: &scene.service,
        expected: about_deliveries(),
        owner: &scene.owner,
        other: &scene.stranger().await,
        make: async |caller: &Caller| make_delivery(&scene, caller).await,
    };
    suite.holds(&table(true)).await;
    // Both halves together are the whole.
    let whole = webhooks::routes::table().len();
    assert_eq!(table(true).len() + table(false).len(), whole);
}

#[tokio::test]
async fn every_statement_prepares_as_its_role() {
    let scene = Scene::new().await;
    let api = [
        webhooks::store::STATEMENTS,
        webhooks::store::deliveries::STATEMENTS,
        idempotency::STATEMENTS,
        outbox::STATEMENTS,
    ];
    scene.database.prepare_all("webhooks", &api.concat()).await;
    let dispatch = [
        webhooks::store::claims::STATEMENTS,
        webhooks::store::results::STATEMENTS,
        outbox::STATEMENTS,
    ];
    scene
        .database
        .prepare_all("webhooks-dispatch", &dispatch.concat())
        .await;
}

/// The negative control of row-level security: a statement without a tenant is an error, for the
/// tables that are read across tenants as well.
#[tokio::test]
async fn a_handler_that_forgot_its_tenant_gets_an_error() {
    let scene = Scene::new().await;
    let endpoint = scene.endpoint().await;
    scene.test(&endpoint, "k").await.expect(202);
    for service in ["webhooks", "webhooks-dispatch"] {
        let db = scene.database.database(service);
        for table in ["endpoints", "deliveries", "messages", "attempts"] {
            let sql: &'static str = format!("SELECT count(*) AS n FROM {table}").leak();
            let count = || Statement::new(sql).one(|row| row.try_get::<_, i64>("n"));
            let Err(DbError::Other(error)) = db.without_tenant(count()).await else {
                panic!("{service} read {table}");
            };
            assert_eq!(error.code().unwrap().code(), "42501");
            let rows = db.read(scene.owner.tenant, count()).await.unwrap();
            assert_eq!(rows, i64::from(table != "attempts"), "{service} {table}");
        }
    }
}
