//! No tenant's bill is another's, and a statement without its tenant is an error.

use serde_json::json;
use shared::db::{DbError, Statement};
use shared::tenant::Role;
use shared::{outbox, state::App};
use testkit::isolation::{Expected, Suite};
use testkit::{Call, Caller, CountingProxy};

use crate::queue::{created, deliver};
use crate::{NOW, Scene};

/// What each route does; the suite fails for one that is not here.
fn expected() -> Vec<Expected> {
    let plan = json!({ "plan": "pro" });
    vec![
        Expected::get("/v1/billing/plans"),
        Expected::get("/v1/billing/subscription"),
        Expected::put("/v1/billing/subscription", plan.clone()).for_role(Role::Admin),
        Expected::get("/v1/billing/usage"),
        Expected::get("/v1/billing/invoices/preview"),
        Expected::get("/v2/billing/plans"),
        Expected::get("/v2/billing/subscription"),
        Expected::patch("/v2/billing/subscription", plan).for_role(Role::Admin),
        Expected::get("/v2/billing/usage"),
        Expected::get("/v2/billing/invoices/preview"),
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
        make: async |caller: &Caller| {
            let choose = crate::put("enterprise").by(caller);
            choose.send(&scene.service).await.expect(200);
            caller.tenant.id().to_string()
        },
    };
    suite.holds(&billing::routes::table()).await;
}

#[tokio::test]
async fn every_statement_prepares_as_its_role() {
    let scene = Scene::new().await;
    let statements = [billing::store::STATEMENTS, outbox::STATEMENTS].concat();
    scene.database.prepare_all("billing", &statements).await;
}

#[tokio::test]
async fn what_one_tenant_buys_and_uses_is_its_own() {
    let scene = Scene::new().await;
    let stranger = scene.stranger().await;
    let paths = ["subscription", "usage", "invoices/preview"];
    let read = async |path: &str| {
        let call = Call::get(&format!("/v2/billing/{path}")).by(&stranger);
        call.send(&scene.service).await.expect(200).json()
    };
    let mut before = Vec::new();
    for path in paths {
        before.push(read(path).await);
    }
    scene.choose("pro").await;
    // The tag of one tenant's subscription says nothing about another's.
    let bought = scene.send(Call::get("/v2/billing/subscription")).await;
    let borrowed = crate::patch("pro", bought.header("etag")).by(&stranger);
    borrowed.send(&scene.service).await.expect(412);
    let made = created(&scene, NOW);
    assert!(deliver(&scene, &[made]).await.is_empty());
    for (path, before) in paths.into_iter().zip(before) {
        assert_eq!(read(path).await, before, "{path}");
        // The control: the buyer does see a difference.
        assert_ne!(
            scene.get(&format!("/v2/billing/{path}")).await,
            before,
            "{path}"
        );
    }
}

#[tokio::test]
async fn usage_without_a_tenant_is_an_error_and_no_empty_list() {
    let scene = Scene::new().await;
    let made = created(&scene, NOW);
    assert!(deliver(&scene, &[made]).await.is_empty());
    let count = Statement::new("SELECT count(*) FROM usage_events");
    let count = count.one(|row| row.try_get::<_, i64>(0));
    let forgotten = scene.app.db.without_tenant(count).await;
    let Err(DbError::Other(error)) = forgotten else {
        panic!("got {forgotten:?}");
    };
    assert_eq!(error.code().unwrap().code(), "42501");
}

#[tokio::test]
async fn a_read_costs_one_round_trip_and_a_change_two() {
    let scene = Scene::new().await;
    let proxy = CountingProxy::before(&scene.database.url("billing")).await;
    let config = shared::db::DatabaseConfig::new(proxy.url(), None, None).unwrap();
    let app = App {
        db: shared::db::Database::new(config),
        ..scene.app.clone()
    };
    app.db.warm().await.unwrap();
    let service = shared::pipeline::service(billing::routes::table(), app);
    for path in ["plans", "subscription", "usage", "invoices/preview"] {
        let before = proxy.trips();
        let call = Call::get(&format!("/v2/billing/{path}")).by(&scene.owner);
        call.send(&service).await.expect(200);
        assert_eq!(proxy.trips() - before, 1, "{path}");
    }
    let before = proxy.trips();
    crate::put("pro")
        .by(&scene.owner)
        .send(&service)
        .await
        .expect(200);
    assert_eq!(proxy.trips() - before, 2);
}
