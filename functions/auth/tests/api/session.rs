//! The caller's own session: who they are, and its end.

use insta::assert_json_snapshot;
use shared::tenant::Role;
use testkit::{Call, Caller};

use crate::world::World;

const EMAIL: &str = "ada@example.com";

#[tokio::test]
async fn a_caller_sees_who_they_are() {
    let world = World::new().await;
    let ada = world.sign_up(EMAIL).await;
    let caller = ada
        .caller()
        .with_role(Role::Admin)
        .with_limits("minute=100,day=10000");
    for version in ["v1", "v2"] {
        let call = Call::get(&format!("/{version}/auth/me")).by(&caller);
        let me = world.send(call).await.expect(200);
        assert_json_snapshot!(
            format!("me_{version}"),
            me.redacted(&["id", "user_id", "tenant_id"])
        );
    }
}

#[tokio::test]
async fn a_person_is_shown_to_their_own_tenant_only() {
    let world = World::new().await;
    let ada = world.sign_up(EMAIL).await;
    let elsewhere = Caller {
        user: ada.user,
        ..Caller::owner(world.db.tenant().await)
    };
    let nobody = Caller::owner(ada.tenant);
    for caller in [elsewhere, nobody] {
        let me = Call::get("/v2/auth/me").by(&caller);
        let reply = world.send(me).await.expect(401);
        assert_eq!(reply.json()["code"], "invalid_token");
    }
}

#[tokio::test]
async fn a_session_ends_once_and_for_all() {
    let world = World::new().await;
    let ends = [
        Call::new("POST", "/v1/auth/logout"),
        Call::new("DELETE", "/v2/auth/sessions/current"),
    ];
    for (end, email) in ends.into_iter().zip([EMAIL, "bob@example.com"]) {
        let person = world.sign_up(email).await;
        let elsewhere = world.log_in(email).await;
        let end = end.by(&person.caller());
        for _ in 0..2 {
            let reply = world.send(end.clone()).await.expect(204);
            assert!(reply.body.is_empty());
        }
        let revoked = "SELECT count(*) FROM auth.sessions WHERE revoked_reason = 'logout'";
        assert_eq!(world.count_in(person.tenant, revoked).await, 1);
        let refused = world.refresh(&person.refresh_token).await.expect(401);
        assert_eq!(refused.json()["code"], "invalid_refresh_token");
        world.refresh(&elsewhere.refresh_token).await.expect(200);
    }
}

#[tokio::test]
async fn nobody_ends_the_session_of_another_tenant() {
    let world = World::new().await;
    let ada = world.sign_up(EMAIL).await;
    let thief = Caller {
        session: ada.session,
        ..Caller::owner(world.db.tenant().await)
    };
    let end = Call::new("DELETE", "/v2/auth/sessions/current").by(&thief);
    world.send(end).await.expect(204);
    assert_eq!(
        world
            .count_in(
                ada.tenant,
                "SELECT count(*) FROM auth.sessions WHERE revoked_at IS NOT NULL"
            )
            .await,
        0
    );
    world.refresh(&ada.refresh_token).await.expect(200);
}
