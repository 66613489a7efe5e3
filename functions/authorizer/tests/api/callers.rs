//! Callers with a token of ours: what is known of them, and what has become of them since.

use serde_json::{Value, json};
use time::Duration;

use crate::world::{Person, World, claims, person};

fn denied(reason: &str) -> Value {
    json!({ "denied": reason })
}

#[tokio::test]
async fn a_good_token_is_a_caller_with_present_rights() {
    let world = World::new().await;
    let Person {
        tenant,
        user,
        session,
    } = world.ada;
    let mut caller = json!({
        "tenant_id": tenant,
        "user_id": user,
        "session_id": session,
        // The token says member; it was issued before the promotion.
        "role": "owner",
        "tier": "pool",
        "plan": "free",
        "limits": "minute=100,day=10000",
    });
    assert_eq!(world.ask_as(&world.claims()).await, caller);

    world
        .change("UPDATE auth.memberships SET role = 'admin'")
        .await;
    world
        .change("INSERT INTO billing.subscriptions (plan_id) VALUES ('pro')")
        .await;
    caller["role"] = "admin".into();
    caller["plan"] = "pro".into();
    caller["limits"] = "minute=1000,day=100000".into();
    assert_eq!(world.ask_as(&world.claims()).await, caller);
}

#[tokio::test]
async fn only_a_bearer_is_listened_to() {
    let world = World::new().await;
    let token = world.signer.sign(&world.claims());
    for header in [format!("bearer {token}"), format!("BEARER   {token}")] {
        assert_eq!(world.ask(&header).await["plan"], "free", "for {header:.10}");
    }
    let padded = format!("Bearer {token}{}", "A".repeat(4_096));
    for header in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer ..",
        "Bearer a.b.c",
        "Bearer \u{0}",
        &token,
        &format!("Basic {token}"),
        &format!("Bearer {token} {token}"),
        &format!("Bearer {token}, Bearer {token}"),
        &padded,
    ] {
        assert_eq!(
            world.ask(header).await,
            denied("invalid_token"),
            "for {header:.20}"
        );
    }
    for event in [
        json!({}),
        json!({"identitySource": null}),
        json!({"identitySource": []}),
    ] {
        assert_eq!(world.ask_event(&event).await, denied("invalid_token"));
    }
}

#[tokio::test]
async fn a_session_can_end_before_its_token() {
    let world = World::new().await;
    world
        .change("UPDATE auth.sessions SET revoked_at = now(), revoked_reason = 'logout'")
        .await;
    assert_eq!(
        world.ask_as(&world.claims()).await,
        denied("revoked_session")
    );

    let world = World::new().await;
    let mut claims = world.claims();
    claims["exp"] = json!((world.clock.now() + Duration::days(60)).unix_timestamp());
    world.clock.advance(Duration::days(29));
    assert_eq!(world.ask_as(&claims).await["plan"], "free");
    // The database's clock has gone on since the world began.
    world
        .clock
        .advance(Duration::days(1) + Duration::minutes(5));
    assert_eq!(world.ask_as(&claims).await, denied("revoked_session"));
}

#[tokio::test]
async fn a_session_belongs_to_one_person_of_one_tenant() {
    let world = World::new().await;
    let bob = person(&world.test).await;
    assert_eq!(
        world.ask_as(&claims(bob)).await["tenant_id"],
        bob.tenant.to_string()
    );
    let mut mixed = world.claims();
    mixed["sid"] = json!(bob.session);
    assert_eq!(world.ask_as(&mixed).await, denied("revoked_session"));
    let mut mixed = world.claims();
    mixed["tid"] = json!(bob.tenant);
    assert_eq!(world.ask_as(&mixed).await, denied("revoked_session"));
    let mut mixed = world.claims();
    mixed["sub"] = json!(bob.user);
    assert_eq!(world.ask_as(&mixed).await, denied("invalid_token"));
}

#[tokio::test]
async fn a_tenant_that_is_suspended_or_leaving_stays_out() {
    let world = World::new().await;
    let owner = world.test.owner().await;
    let set = "UPDATE app.tenants SET status = $2 WHERE id = $1";
    for (status, expected) in [
        ("suspended", denied("tenant_suspended")),
        ("offboarding", denied("tenant_leaving")),
        ("purged", denied("tenant_leaving")),
    ] {
        owner
            .execute(set, &[&world.ada.tenant, &status])
            .await
            .unwrap();
        assert_eq!(
            world.ask_as(&world.claims()).await,
            expected,
            "for {status}"
        );
    }
    owner
        .execute(set, &[&world.ada.tenant, &"active"])
        .await
        .unwrap();
    assert_eq!(world.ask_as(&world.claims()).await["plan"], "free");

    let mut unknown = world.claims();
    unknown["tid"] = json!(shared::ids::TenantId::new());
    assert_eq!(world.ask_as(&unknown).await, denied("invalid_token"));
}
