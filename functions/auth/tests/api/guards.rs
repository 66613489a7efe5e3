//! What holds for every route of this function.

use auth::{audit, routes, store};
use serde_json::json;
use shared::clock::Clock;
use shared::limits::{Backend, DynamoDbLimiter};
use testkit::isolation::{Expected, Suite};
use testkit::{Call, Caller, CountingProxy, TestDatabase};

use crate::world::{PASSWORD, Person, World, instance, memory, sign_up_body};

/// What each route does; the suite fails for one that is not here.
fn expected() -> Vec<Expected> {
    let log_in = json!({"email": "nobody@example.com", "password": PASSWORD});
    let refresh = json!({"refresh_token": "rt_"});
    vec![
        Expected::post("/v1/auth/signup", json!({}))
            .credentials()
            .answers(400),
        Expected::post("/v1/auth/login", log_in.clone())
            .credentials()
            .answers(401),
        Expected::post("/v1/auth/refresh", refresh.clone())
            .credentials()
            .answers(401),
        Expected::post("/v1/auth/logout", json!({}))
            .answers(204)
            .unseen(),
        Expected::get("/v1/auth/me"),
        Expected::get("/v1/auth/.well-known/jwks.json").public(),
        Expected::get("/v1/auth/.well-known/openid-configuration").public(),
        Expected::post("/v2/auth/tenants", json!({}))
            .credentials()
            .answers(400),
        Expected::post("/v2/auth/sessions", log_in)
            .credentials()
            .answers(401),
        Expected::post("/v2/auth/sessions/refresh", refresh)
            .credentials()
            .answers(401),
        Expected::delete("/v2/auth/sessions/current").unseen(),
        Expected::get("/v2/auth/me"),
        Expected::get("/v2/auth/.well-known/jwks.json").public(),
        Expected::get("/v2/auth/.well-known/openid-configuration").public(),
    ]
}

#[tokio::test]
async fn every_route_keeps_tenants_apart() {
    let world = World::new().await;
    let suite = Suite {
        service: &world.service,
        expected: expected(),
        owner: &world.sign_up("ada@example.com").await.caller(),
        other: &world.sign_up("bob@example.com").await.caller(),
        make: async |caller: &Caller| caller.tenant.id().to_string(),
    };
    suite.holds(&routes::table()).await;
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let db = TestDatabase::new().await;
    let statements = [store::STATEMENTS, audit::STATEMENTS].concat();
    db.prepare_all("auth", &statements).await;
}

#[tokio::test]
async fn without_a_counter_nobody_can_guess() {
    let world = World::new().await;
    world.sign_up("ada@example.com").await;
    let missing = DynamoDbLimiter::lazy("no-such-table".to_owned());
    let url = world.db.url("auth");
    let service = instance(&url, &world.clock, Backend::DynamoDb(missing));
    let log_in = json!({"email": "ada@example.com", "password": PASSWORD});
    for call in [
        Call::post("/v2/auth/sessions", &log_in),
        Call::post("/v2/auth/tenants", &sign_up_body("bob@example.com")),
        Call::post(
            "/v2/auth/sessions/refresh",
            &json!({"refresh_token": "rt_"}),
        ),
    ] {
        let reply = call.send(&service).await.expect(503);
        assert!(!reply.header("retry-after").is_empty());
    }
}

/// Round trips, once connected and with the key published.
#[tokio::test]
async fn the_database_is_waited_for_as_little_as_possible() {
    let db = TestDatabase::new().await;
    let proxy = CountingProxy::before(&db.url("auth")).await;
    let service = instance(proxy.url(), &Clock::System, memory());
    let trips = async |call: Call| {
        let before = proxy.trips();
        let reply = call.send(&service).await;
        (reply, proxy.trips() - before)
    };
    let sign_up = |email: &str| Call::post("/v2/auth/tenants", &sign_up_body(email));
    let (first, _) = trips(sign_up("ada@example.com")).await;
    let ada = Person::of(&first.expect(201));

    let (reply, count) = trips(sign_up("bob@example.com")).await;
    assert_eq!(
        (reply.status.as_u16(), count),
        (201, 1),
        "one transaction, one trip"
    );
    let log_in = json!({"email": "ada@example.com", "password": PASSWORD});
    let (reply, count) = trips(Call::post("/v2/auth/sessions", &log_in)).await;
    assert_eq!(
        (reply.status.as_u16(), count),
        (201, 2),
        "who it is, and the session"
    );
    let refresh = json!({"refresh_token": ada.refresh_token});
    let (reply, count) = trips(Call::post("/v2/auth/sessions/refresh", &refresh)).await;
    assert_eq!(
        (reply.status.as_u16(), count),
        (200, 2),
        "the old token, and the new one"
    );
    let (reply, count) = trips(Call::get("/v2/auth/me").by(&ada.caller())).await;
    assert_eq!((reply.status.as_u16(), count), (200, 1), "who they are");
    let end = Call::new("DELETE", "/v2/auth/sessions/current").by(&ada.caller());
    let (reply, count) = trips(end).await;
    assert_eq!((reply.status.as_u16(), count), (204, 1), "the end");
}
