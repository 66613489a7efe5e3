//! What everybody may know about the issuer.

use insta::assert_json_snapshot;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use shared::token::Claims;
use testkit::Call;

use crate::world::{AUDIENCE, ISSUER, World};

#[tokio::test]
async fn the_published_key_verifies_a_token() {
    let world = World::new().await;
    let ada = world.sign_up("ada@example.com").await;
    for version in ["v1", "v2"] {
        let call = Call::get(&format!("/{version}/auth/.well-known/jwks.json"));
        let reply = world.send(call).await.expect(200);
        assert_eq!(reply.header("cache-control"), "public, max-age=300");
        assert_json_snapshot!("keys", reply.redacted(&["kid", "n"]));

        let keys: JwkSet = serde_json::from_value(reply.json()).unwrap();
        let header = decode_header(&ada.access_token).unwrap();
        assert_eq!(
            (header.alg, header.typ.as_deref()),
            (Algorithm::RS256, Some("at+jwt"))
        );
        let key = keys.find(&header.kid.unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        let key = DecodingKey::from_jwk(key).unwrap();
        let claims = decode::<Claims>(&ada.access_token, &key, &validation)
            .unwrap()
            .claims;
        assert_eq!((claims.sub, claims.tid), (ada.user, ada.tenant.id()));
        assert_eq!(claims.sid, ada.session);
    }
}

#[tokio::test]
async fn a_key_is_there_before_the_first_token_and_once() {
    let world = World::new().await;
    let keys = "SELECT count(*) FROM auth.signing_keys";
    assert_eq!(world.count(keys).await, 0);
    let call = Call::get("/v2/auth/.well-known/jwks.json");
    let first = call.send(&world.service).await.expect(200);
    let second = call.send(&world.instance()).await.expect(200);
    assert_eq!(first.json()["keys"].as_array().unwrap().len(), 1);
    assert_eq!(first.body, second.body);
    world.sign_up("ada@example.com").await;
    assert_eq!(world.count(keys).await, 1);
}

#[tokio::test]
async fn a_retired_key_is_not_shown() {
    let world = World::new().await;
    world.sign_up("ada@example.com").await;
    let owner = world.db.owner().await;
    let retire = "UPDATE auth.signing_keys SET retired_at = now() - interval '1 second'";
    owner.execute(retire, &[]).await.unwrap();
    let call = Call::get("/v2/auth/.well-known/jwks.json");
    let keys = call.send(&world.service).await.expect(200).json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn discovery_leads_to_the_keys() {
    let world = World::new().await;
    for version in ["v1", "v2"] {
        let call = Call::get(&format!("/{version}/auth/.well-known/openid-configuration"));
        let reply = world.send(call).await.expect(200);
        assert_eq!(reply.header("cache-control"), "public, max-age=300");
        assert_json_snapshot!("discovery", reply.json());
    }
}
