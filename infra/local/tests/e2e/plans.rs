//! A plan that is changed changes what the tenant may ask for.

use local::api::{Call, Texts};
use reqwest::Method;

use crate::{
    tenant::Tenant,
    world::{SELDOM, World, eventually, run},
};

const FREE_LIMIT: usize = 100;
/// A change of plan must be in force after so many seconds.
const CACHE_SECONDS_MAX: u32 = 30;

#[test]
fn a_larger_plan_raises_the_limit_when_the_old_one_is_used_up() {
    run(async {
        let world = World::product().await;
        let owner = Tenant::sign_up(world).await;
        let list = Call::get("/v2/projects?limit=1");
        for _ in 1..FREE_LIMIT {
            owner.expect(200, list.clone()).await;
        }
        let change = Call::new(Method::PATCH, "/v2/billing/subscription");
        let change = change
            .json(&Texts(&[("plan", "pro")]))
            .header("if-match", "*");
        assert_eq!(owner.expect(200, change).await.text("/plan"), "pro");

        // The gateway goes on for so long with what the authorizer said before.
        let authorizers = &world.stack.template().api.authorizers;
        assert!(
            authorizers
                .iter()
                .all(|one| one.cache_seconds <= CACHE_SECONDS_MAX)
        );
        let policy = r#""minute";q=1000;w=60, "day";q=100000;w=86400"#;
        eventually("the new limit", SELDOM, async || {
            let reply = owner.send(list.clone()).await;
            let is_new = reply.header("ratelimit-policy") == policy;
            (reply.status == 200 && is_new).then_some(())
        })
        .await;
        for _ in 0..=FREE_LIMIT {
            owner.expect(200, list.clone()).await;
        }
    });
}
