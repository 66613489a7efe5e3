//! Quotas: counted by tenant, announced on every answer.

use testkit::{Call, Caller};

use crate::Scene;

#[tokio::test]
async fn a_tenant_is_held_to_its_quota_and_its_neighbour_is_not() {
    let scene = Scene::new().await;
    let held = scene.owner.clone().with_limits("minute=3,day=100");
    let list = || Call::get("/v2/projects");
    for left in (0..3).rev() {
        let reply = list().by(&held).send(&scene.service).await.expect(200);
        assert_eq!(
            reply.header("ratelimit-policy"),
            r#""minute";q=3;w=60, "day";q=100;w=86400"#
        );
        let expected = format!(r#""minute";r={left};"#);
        assert!(
            reply.header("ratelimit").starts_with(&expected),
            "{}",
            reply.header("ratelimit")
        );
    }
    let refused = list().by(&held).send(&scene.service).await.expect(429);
    assert_eq!(refused.json()["code"], "quota_exceeded");
    let wait: u32 = refused.header("retry-after").parse().unwrap();
    assert!((1..=120).contains(&wait), "{wait}");
    assert!(refused.header("ratelimit").starts_with(r#""minute";r=0;"#));

    let neighbour = Caller::owner(scene.database.tenant().await).with_limits("minute=3,day=100");
    list().by(&neighbour).send(&scene.service).await.expect(200);
}

#[tokio::test]
async fn strangers_use_up_nobodys_quota() {
    let scene = Scene::new().await;
    let held = scene.owner.clone().with_limits("minute=1,day=100");
    for _ in 0..5 {
        Call::get("/v2/projects")
            .send(&scene.service)
            .await
            .expect(401);
    }
    Call::get("/v2/projects")
        .by(&held)
        .send(&scene.service)
        .await
        .expect(200);
    Call::get("/v2/projects")
        .by(&held)
        .send(&scene.service)
        .await
        .expect(429);
}
