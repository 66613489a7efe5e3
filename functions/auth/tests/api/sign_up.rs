//! Sign-up: a tenant, its owner and a first session, all of it or nothing.

use insta::assert_json_snapshot;
use serde_json::{Value, json};
use testkit::Call;

use crate::world::{AUDIENCE, ISSUER, PASSWORD, Person, RANDOM, World, claims, sign_up_body};

#[tokio::test]
async fn both_versions_found_a_tenant_and_log_its_owner_in() {
    let world = World::new().await;
    let v1 = json!({"tenant": "Acme", "name": "Ada", "email": "ada@example.com",
        "password": PASSWORD, "unknown": true});
    let v1 = world.post("/v1/auth/signup", v1).await.expect(201);
    let v2 = world
        .post("/v2/auth/tenants", sign_up_body("bob@example.com"))
        .await;
    let v2 = v2.expect(201);
    assert_json_snapshot!("sign_up_v1", v1.redacted(&RANDOM));
    assert_json_snapshot!("sign_up_v2", v2.redacted(&RANDOM));
    assert_eq!(v1.header("location"), "/v1/auth/me");
    assert_eq!(v2.header("location"), "/v2/auth/me");
    for reply in [&v1, &v2] {
        assert_eq!(reply.header("cache-control"), "no-store");
        let person = Person::of(reply);
        let claims = claims(&person.access_token);
        assert_eq!(
            (claims.iss.as_str(), claims.aud.as_str()),
            (ISSUER, AUDIENCE)
        );
        assert_eq!(
            (claims.role.as_str(), claims.exp - claims.iat),
            ("owner", 600)
        );
        let me = Call::get("/v2/auth/me").by(&person.caller());
        let me = world.send(me).await.expect(200).json();
        assert_eq!(me["user"]["id"], person.user.to_string());
    }
}

#[tokio::test]
async fn a_sign_up_leaves_everything_or_nothing() {
    let world = World::new().await;
    let person = world.sign_up("Ada@Example.com").await;
    let rows = "SELECT (SELECT count(*) FROM app.tenants) + (SELECT count(*) FROM auth.users)
        + (SELECT count(*) FROM auth.memberships WHERE role = 'owner')
        + (SELECT count(*) FROM auth.outbox WHERE type = 'tenant.created')";
    assert_eq!(world.count(rows).await, 4);
    let event = "SELECT data FROM auth.outbox";
    let event = world.db.owner().await.query_one(event, &[]).await.unwrap();
    assert_eq!(event.get::<_, Value>(0), json!({"user_id": person.user}));

    for (path, key) in [
        ("/v1/auth/signup", "tenant"),
        ("/v2/auth/tenants", "tenant_name"),
    ] {
        let mut body = sign_up_body("ada@EXAMPLE.com");
        body.as_object_mut().unwrap().remove("tenant_name");
        body[key] = "Other".into();
        let reply = world.post(path, body).await.expect(409);
        let version = path.get(1..3).unwrap();
        assert_json_snapshot!(format!("email_taken_{version}"), reply.json());
    }
    assert_eq!(world.count(rows).await, 4);
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_name() {
    let world = World::new().await;
    let long = "x".repeat(201);
    let long_email = format!("{}@example.com", "x".repeat(250));
    let too_long = "x".repeat(129);
    let cases: &[(&str, Value)] = &[
        ("tenant_name", json!("")),
        ("tenant_name", json!(long)),
        ("tenant_name", json!("a\u{0}b")),
        ("tenant_name", json!(7)),
        ("tenant_name", Value::Null),
        ("name", json!("  ")),
        ("name", json!("a\nb")),
        ("email", json!("ada")),
        ("email", json!("@example.com")),
        ("email", json!("ada@")),
        ("email", json!("a@b@c")),
        ("email", json!("a da@example.com")),
        ("email", json!("ada\u{0}@example.com")),
        ("email", json!("\u{e4}da@example.com")),
        ("email", json!("ada@ex\u{e4}mple.com")),
        ("email", json!("ada@example.\u{212a}om")),
        ("email", json!(long_email)),
        ("email", json!(["ada@example.com"])),
        ("password", json!("short")),
        ("password", json!("elf zeichen")),
        ("password", json!(too_long)),
        ("password", json!({"$ne": ""})),
        ("role", json!("owner")),
    ];
    for (field, value) in cases {
        let mut body = sign_up_body("ada@example.com");
        body[field] = value.clone();
        let reply = world
            .post("/v2/auth/tenants", body.clone())
            .await
            .expect(400);
        assert_eq!(reply.blamed(), [*field], "for {value}");
        if *field != "role" {
            let reply = world.post("/v1/auth/signup", body).await.expect(400).json();
            let error = reply["error"].as_str().unwrap();
            assert!(error.starts_with(field), "{error} for {field} = {value}");
        }
    }
    for field in ["tenant_name", "name", "email", "password"] {
        let mut body = sign_up_body("ada@example.com");
        body.as_object_mut().unwrap().remove(field);
        let reply = world.post("/v2/auth/tenants", body).await.expect(400);
        assert_eq!(reply.blamed(), [field]);
    }
    let stored = "SELECT (SELECT count(*) FROM app.tenants) + (SELECT count(*) FROM auth.users)";
    assert_eq!(world.count(stored).await, 0);
}

#[tokio::test]
async fn an_address_outside_of_ascii_is_told_why() {
    let world = World::new().await;
    let body = sign_up_body("ada@ex\u{e4}mple.com");
    let reply = world.post("/v2/auth/tenants", body).await.expect(400);
    assert_eq!(reply.json()["errors"][0]["code"], "not_ascii");
    let plain = sign_up_body("ada@xn--exmple-cua.com");
    world.post("/v2/auth/tenants", plain).await.expect(201);
}

#[tokio::test]
async fn the_longest_password_is_a_password() {
    let world = World::new().await;
    let password = "\u{1f511}".repeat(128);
    let mut body = sign_up_body("ada@example.com");
    body["password"] = password.clone().into();
    world.post("/v2/auth/tenants", body).await.expect(201);
    let log_in = json!({"email": "ada@example.com", "password": password});
    world.post("/v2/auth/sessions", log_in).await.expect(201);
}
