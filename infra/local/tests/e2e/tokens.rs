//! Tokens that open nothing.

use jsonwebtoken::{EncodingKey, Header, decode_header, encode};
use local::{
    api::{Call, Reply, Texts},
    keys,
};
use serde_json::{Value, json};

use crate::{
    tenant::Tenant,
    world::{World, run},
};

/// Signs claims as the stack does, with the key in `pem`.
fn sign(header: &Header, claims: &Value, pem: &str) -> String {
    let key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    encode(header, claims, &key).unwrap()
}

/// The claims of a token, which nothing is made to verify here.
fn claims(token: &str) -> Value {
    let token = jsonwebtoken::dangerous::insecure_decode::<Value>(token);
    token.unwrap().claims
}

async fn knock(world: &World, token: &str, path: &str) -> Reply {
    world.api.send(Call::get(path).by(token)).await.unwrap()
}

/// Both versions refuse a token, each in its own form.
async fn refuse(world: &World, token: &str, code: &str) {
    for path in [
        "/v1/projects",
        "/v2/projects",
        "/v2/billing/usage",
        "/v2/reports",
        "/v2/auth/me",
    ] {
        let reply = knock(world, token, path).await;
        assert_eq!(reply.status, 401, "{path}: {}", reply.json());
        assert!(
            reply.header("www-authenticate").starts_with("Bearer"),
            "{path}"
        );
        let body = reply.json();
        match path.starts_with("/v1/") {
            true => assert!(body["error"].is_string(), "{body}"),
            false => assert_eq!(body["code"], code, "{body}"),
        }
    }
}

#[test]
fn without_a_token_the_gateway_answers() {
    run(async {
        let world = World::product().await;
        for path in ["/v1/projects", "/v2/projects", "/v1/auth/me", "/v2/reports"] {
            let reply = world.api.send(Call::get(path)).await.unwrap();
            assert_eq!(reply.status, 401);
            assert_eq!(reply.json(), json!({ "message": "Unauthorized" }));
        }
    });
}

#[test]
fn forged_and_foreign_tokens_are_refused() {
    run(async {
        let world = World::product().await;
        let owner = Tenant::sign_up(world).await;
        let (header, claims) = (decode_header(&owner.token).unwrap(), claims(&owner.token));
        // The control: a token that was signed here with the stack's key is as good as its own.
        let copy = sign(&header, &claims, world.stack.signing_key());
        assert_eq!(knock(world, &copy, "/v2/projects").await.status, 200);

        let other_key = keys::signing_key(&world.folder.join("other.pem")).unwrap();
        refuse(world, &sign(&header, &claims, &other_key), "invalid_token").await;
        // Somebody else's claims under a signature that was good for others.
        let stranger = Tenant::sign_up(world).await;
        let parts: Vec<&str> = owner.token.split('.').collect();
        let theirs: Vec<&str> = stranger.token.split('.').collect();
        let forged = format!("{}.{}.{}", parts[0], theirs[1], parts[2]);
        refuse(world, &forged, "invalid_token").await;
        refuse(world, "no-token-at-all", "invalid_token").await;
    });
}

#[test]
fn an_expired_token_is_refused_as_such() {
    run(async {
        let world = World::product().await;
        let owner = Tenant::sign_up(world).await;
        let header = decode_header(&owner.token).unwrap();
        let mut claims = claims(&owner.token);
        let issued_at = claims["iat"].as_i64().unwrap();
        claims["iat"] = (issued_at - 7_200).into();
        claims["exp"] = (issued_at - 3_600).into();
        let expired = sign(&header, &claims, world.stack.signing_key());
        refuse(world, &expired, "expired_token").await;
    });
}

#[test]
fn the_tokens_of_an_ended_session_are_refused() {
    run(async {
        let world = World::product().await;
        let owner = Tenant::sign_up(world).await;
        let refresh = || async {
            let body = Texts(&[("refresh_token", &owner.refresh_token)]);
            let call = Call::post("/v2/auth/sessions/refresh", &body);
            let reply = world.api.send(call).await.unwrap();
            assert_eq!(reply.status, 200);
            reply.text("/access_token")
        };
        // Of one session, and not shown to the gateway yet, which keeps what it was told of others.
        let (before, after) = (refresh().await, refresh().await);
        assert_eq!(knock(world, &before, "/v2/projects").await.status, 200);
        let end = Call::new(reqwest::Method::DELETE, "/v2/auth/sessions/current");
        owner.expect(204, end).await;
        refuse(world, &after, "revoked_session").await;
    });
}
