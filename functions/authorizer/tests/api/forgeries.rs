//! Tokens that are not ours, or not meant for us, or not yet or no longer valid.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use shared::clock::Clock;

use crate::signer::{Signer, assemble};
use crate::world::World;

async fn refused(world: &World, token: &str, what: &str) {
    let answer = world.ask_with(token).await;
    assert_eq!(answer, json!({"denied": "invalid_token"}), "for {what}");
}

#[tokio::test]
async fn no_other_signature_will_do() {
    let world = World::new().await;
    let claims = world.claims();
    let good = world.signer.sign(&claims);
    assert_eq!(world.ask_with(&good).await["plan"], "free");

    let other = Signer::new();
    refused(&world, &other.sign(&claims), "another key by its own name").await;
    let borrowed = other.sign_as(&world.signer.header(), &claims);
    refused(&world, &borrowed, "another key by our key's name").await;

    let (message, signature) = good.rsplit_once('.').unwrap();
    refused(&world, &format!("{message}."), "no signature").await;
    refused(&world, message, "no third part").await;
    let header = json!({"alg": "RS256", "typ": "at+jwt", "kid": world.signer.kid});
    let mut promoted = claims.clone();
    promoted["sub"] = json!("01890000-0000-7000-8000-000000000000");
    refused(
        &world,
        &assemble(&header, &promoted, signature),
        "other claims",
    )
    .await;
    let mut letters: Vec<_> = signature.chars().collect();
    letters[10] = if letters[10] == 'A' { 'B' } else { 'A' };
    let bent: String = letters.into_iter().collect();
    refused(&world, &format!("{message}.{bent}"), "a bent signature").await;
}

#[tokio::test]
async fn no_other_algorithm_will_do() {
    let world = World::new().await;
    let claims = world.claims();
    let signer = &world.signer;
    for alg in ["none", "None", "NONE", ""] {
        let header = json!({"alg": alg, "typ": "at+jwt", "kid": signer.kid});
        refused(&world, &assemble(&header, &claims, ""), "alg none").await;
        let signed = signer.sign(&claims);
        let (_, signature) = signed.rsplit_once('.').unwrap();
        refused(
            &world,
            &assemble(&header, &claims, signature),
            "alg none, signed",
        )
        .await;
    }
    for secret in [
        signer.modulus(),
        signer.jwk["n"].as_str().unwrap().as_bytes().to_vec(),
        signer.jwk.to_string().into_bytes(),
        Vec::new(),
    ] {
        refused(
            &world,
            &signer.confuse(&secret, &claims),
            "the public key as a secret",
        )
        .await;
    }
    for alg in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
        let mut header = signer.header();
        header.alg = alg;
        refused(
            &world,
            &signer.sign_as(&header, &claims),
            "another RSA algorithm",
        )
        .await;
    }
}

#[tokio::test]
async fn only_an_access_token_is_an_access_token() {
    let world = World::new().await;
    let claims = world.claims();
    for typ in [
        Some("JWT"),
        Some("id+jwt"),
        Some("application/jwt"),
        Some(""),
        None,
    ] {
        let mut header = world.signer.header();
        header.typ = typ.map(str::to_owned);
        refused(
            &world,
            &world.signer.sign_as(&header, &claims),
            "another type",
        )
        .await;
    }
    for typ in ["AT+JWT", "application/at+jwt"] {
        let mut header = world.signer.header();
        header.typ = Some(typ.to_owned());
        let token = world.signer.sign_as(&header, &claims);
        assert_eq!(world.ask_with(&token).await["plan"], "free", "for {typ}");
    }
    let mut header = world.signer.header();
    header.crit = Some(vec!["exp".to_owned()]);
    refused(&world, &world.signer.sign_as(&header, &claims), "crit").await;
    let mut header = world.signer.header();
    header.kid = None;
    refused(&world, &world.signer.sign_as(&header, &claims), "no kid").await;
}

#[tokio::test]
async fn the_names_must_be_ours() {
    let world = World::new().await;
    let now = Clock::System.now().unix_timestamp();
    let cases: &[(&str, Value)] = &[
        ("iss", json!("https://evil.example.com")),
        ("iss", json!("")),
        ("iss", Value::Null),
        ("aud", json!("other-api")),
        ("aud", json!([])),
        ("aud", json!({})),
        ("sub", json!("ada")),
        ("sub", Value::Null),
        ("tid", json!("*")),
        ("tid", Value::Null),
        ("sid", json!(1)),
        ("exp", json!("tomorrow")),
        ("exp", json!(-1)),
        ("exp", Value::Null),
        ("nbf", json!(now + 60)),
    ];
    for (name, value) in cases {
        let mut claims = world.claims();
        claims[name] = value.clone();
        refused(
            &world,
            &world.signer.sign(&claims),
            &format!("{name} = {value}"),
        )
        .await;
    }
    for name in ["iss", "aud", "sub", "tid", "sid", "exp"] {
        let mut claims = world.claims();
        claims.as_object_mut().unwrap().remove(name);
        refused(&world, &world.signer.sign(&claims), &format!("no {name}")).await;
    }
}

#[tokio::test]
async fn a_token_ends_and_clocks_differ_a_little() {
    let world = World::new().await;
    let now = Clock::System.now().unix_timestamp();
    let mut claims = world.claims();
    for seconds_ago in [60, 3_600] {
        claims["exp"] = json!(now - seconds_ago);
        let answer = world.ask_as(&claims).await;
        assert_eq!(answer, json!({"denied": "expired_token"}));
    }
    claims["exp"] = json!(now + 60);
    claims["nbf"] = json!(now + 2);
    assert_eq!(world.ask_as(&claims).await["plan"], "free");
    // An expired token that is not ours is not ours in the first place.
    claims["exp"] = json!(now - 60);
    refused(&world, &Signer::new().sign(&claims), "another key, expired").await;
}
