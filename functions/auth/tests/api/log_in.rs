//! Login: who gets in, and what those hear who do not.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use insta::assert_json_snapshot;
use serde_json::{Value, json};
use testkit::{Call, Reply};

use crate::world::{PASSWORD, Person, RANDOM, World};

const EMAIL: &str = "ada@example.com";

async fn log_in(world: &World, body: Value) -> Reply {
    world.post("/v2/auth/sessions", body).await
}

#[tokio::test]
async fn both_versions_answer_with_a_grant() {
    let world = World::new().await;
    let founder = world.sign_up(EMAIL).await;
    let body = json!({"email": " ADA@example.com ", "password": PASSWORD});
    let v1 = world.post("/v1/auth/login", body.clone()).await.expect(200);
    let v2 = log_in(&world, body).await.expect(201);
    assert_json_snapshot!("log_in_v1", v1.redacted(&RANDOM));
    assert_json_snapshot!("log_in_v2", v2.redacted(&RANDOM));
    let (v1, v2) = (Person::of(&v1), Person::of(&v2));
    assert_eq!((v1.tenant, v1.user), (founder.tenant, founder.user));
    assert_eq!((v2.tenant, v2.user), (founder.tenant, founder.user));
    // Each login is a session of its own.
    assert_ne!(v1.session, v2.session);
    assert_ne!(v1.session, founder.session);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_told_the_same() {
    let world = World::new().await;
    world.sign_up(EMAIL).await;
    let names = |reply: &Reply| {
        let mut names: Vec<_> = reply.headers.keys().map(ToString::to_string).collect();
        names.sort();
        names
    };
    for path in ["/v1/auth/login", "/v2/auth/sessions"] {
        let wrong = json!({"email": EMAIL, "password": "wrong horse battery"});
        let unknown = json!({"email": "eve@example.com", "password": PASSWORD});
        let wrong = world.post(path, wrong).await.expect(401);
        let unknown = world.post(path, unknown).await.expect(401);
        assert_eq!(wrong.body, unknown.body);
        assert_eq!(names(&wrong), names(&unknown));
        assert_eq!(wrong.header("www-authenticate"), "Bearer");
        let version = path.get(1..3).unwrap();
        assert_json_snapshot!(format!("invalid_credentials_{version}"), wrong.json());
    }
    assert_eq!(world.count("SELECT count(*) FROM auth.users").await, 1);
    world.log_in(EMAIL).await;
}

#[tokio::test]
async fn one_account_can_be_tried_so_often() {
    const ATTEMPTS: u32 = 30;
    let world = World::new().await;
    world.sign_up(EMAIL).await;
    let attempt = async |number: u32, email: &str, password: &str| {
        let body = json!({"email": email, "password": password});
        let call = Call::post("/v2/auth/sessions", &body);
        world
            .send(call.from_address(&format!("198.51.100.{number}")))
            .await
    };
    for number in 0..ATTEMPTS {
        attempt(number, EMAIL, "wrong horse battery")
            .await
            .expect(401);
    }
    let refused = attempt(100, "Ada@Example.com", PASSWORD).await.expect(429);
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    // Somebody else's account is another matter.
    attempt(101, "eve@example.com", PASSWORD).await.expect(401);
}

#[tokio::test]
async fn a_person_of_several_tenants_says_which() {
    let world = World::new().await;
    let ada = world.sign_up(EMAIL).await;
    let other = world.db.tenant().await;
    let stranger = world.db.tenant().await;
    world.join(ada.user, other).await;

    assert_eq!(world.log_in(EMAIL).await.tenant, ada.tenant);
    let to = async |tenant: Value| {
        let body = json!({"email": EMAIL, "password": PASSWORD, "tenant_id": tenant});
        log_in(&world, body).await
    };
    let there = to(json!(other.id())).await.expect(201);
    assert_eq!(Person::of(&there).tenant, other);
    to(Value::Null).await.expect(201);

    let stranger = to(json!(stranger.id())).await.expect(403);
    let nobody = to(json!("01890000-0000-7000-8000-000000000000"))
        .await
        .expect(403);
    assert_eq!(stranger.body, nobody.body);
    assert_eq!(stranger.json()["code"], "not_a_member");
    assert_eq!(to(json!("acme")).await.expect(400).blamed(), ["tenant_id"]);

    // The oldest membership that can be used.
    world.set_status(ada.tenant.id(), "suspended").await;
    assert_eq!(world.log_in(EMAIL).await.tenant, other);
    let refused = to(json!(ada.tenant.id())).await.expect(403);
    assert_eq!(refused.json()["code"], "tenant_suspended");
}

#[tokio::test]
async fn a_suspended_tenant_lets_only_those_know_who_know_the_password() {
    let world = World::new().await;
    let ada = world.sign_up(EMAIL).await;
    for (status, code) in [
        ("suspended", "tenant_suspended"),
        ("purging", "tenant_leaving"),
    ] {
        world.set_status(ada.tenant.id(), status).await;
        let right = json!({"email": EMAIL, "password": PASSWORD});
        let wrong = json!({"email": EMAIL, "password": "wrong horse battery"});
        assert_eq!(log_in(&world, right).await.expect(403).json()["code"], code);
        log_in(&world, wrong).await.expect(401);
    }
    world.set_status(ada.tenant.id(), "active").await;
    world.log_in(EMAIL).await;
}

#[tokio::test]
async fn a_weak_hash_is_replaced_at_the_next_login() {
    let world = World::new().await;
    world.sign_up(EMAIL).await;
    let params = Params::new(8_192, 1, 1, None).unwrap();
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let weak = weak.hash_password(PASSWORD.as_bytes()).unwrap().to_string();
    let owner = world.db.owner().await;
    let keep = "UPDATE auth.users SET password_hash = $1";
    owner.execute(keep, &[&weak]).await.unwrap();
    let wrong = json!({"email": EMAIL, "password": "wrong horse battery"});
    log_in(&world, wrong).await.expect(401);
    let weak = "SELECT count(*) FROM auth.users WHERE password_hash LIKE '%m=8192,t=1%'";
    assert_eq!(world.count(weak).await, 1);
    world.log_in(EMAIL).await;
    assert_eq!(world.count(weak).await, 0);
    world.log_in(EMAIL).await;
}

#[tokio::test]
async fn what_is_no_login_is_refused_by_name() {
    let world = World::new().await;
    let body = |email: Value, password: Value| json!({"email": email, "password": password});
    let cases = [
        ("email", body(json!("ada"), json!(PASSWORD))),
        // The Kelvin sign, which some make a k of.
        (
            "email",
            body(json!("\u{212a}ai@example.com"), json!(PASSWORD)),
        ),
        ("email", body(Value::Null, json!(PASSWORD))),
        ("password", body(json!(EMAIL), json!(1))),
        ("password", body(json!(EMAIL), json!("x".repeat(129)))),
        ("password", json!({"email": EMAIL})),
        (
            "remember",
            json!({"email": EMAIL, "password": PASSWORD, "remember": true}),
        ),
    ];
    for (field, body) in cases {
        let reply = log_in(&world, body.clone()).await.expect(400);
        assert_eq!(reply.blamed(), [field], "for {body}");
    }
    let malformed = Call::post("/v2/auth/sessions", &Value::Null).body("{");
    assert_eq!(world.send(malformed).await.expect(400).blamed(), ["body"]);
    // Too short to sign up with is a wrong password like any other.
    log_in(&world, body(json!(EMAIL), json!("")))
        .await
        .expect(401);
}
