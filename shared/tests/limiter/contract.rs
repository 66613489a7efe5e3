//! What every store of buckets promises. Each test runs on both.

use futures_util::future::join_all;
use shared::limits::{Limits, OnFailure, Verdict};

use crate::log::Log;
use crate::world::{World, ask, left_after, quotas, refused, scope};

/// Runs each test on memory and on DynamoDB.
macro_rules! contract {
    ($($test:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(&super::World::in_memory()).await;
            })+
        }

        mod dynamodb {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let world = super::World::in_dynamodb().await;
                super::$test(&world).await;
                world.close().await;
            })+
        }
    };
}

contract! {
    takers_at_once_get_exactly_the_limit,
    all_quotas_count_or_none,
    a_limit_of_one_admits_one,
    retry_after_is_the_first_second_that_fits,
    a_dear_request_counts_as_such,
    a_cost_above_the_limit_takes_all_of_it,
    scopes_do_not_touch_each_other,
    the_edge_of_a_minute_is_no_fresh_start,
    a_burst_and_an_even_spread_stay_within_the_limit,
    a_new_plan_holds_at_once,
    a_very_large_limit_is_kept_exactly,
    only_a_tenant_known_to_be_far_from_its_limit_is,
}

async fn takers_at_once_get_exactly_the_limit(world: &World) {
    const TAKERS: usize = 32;
    const REQUESTS_EACH: usize = 5;
    let (scope, quotas) = (scope(), quotas("minute=100,day=10000"));
    let instances: Vec<_> = (0..8).map(|_| world.instance()).collect();
    let takers = (0..TAKERS).map(|taker| {
        let limits = instances[taker % instances.len()].clone();
        let scope = scope.clone();
        tokio::spawn(async move {
            let mut admitted = 0;
            for _ in 0..REQUESTS_EACH {
                match ask(&limits, &scope, &quotas).await {
                    Verdict::Allow { .. } => admitted += 1,
                    Verdict::Deny { .. } => {}
                    Verdict::Unavailable => panic!("the store did not answer"),
                }
            }
            admitted
        })
    });
    let admitted: u32 = join_all(takers).await.into_iter().map(Result::unwrap).sum();
    assert_eq!(admitted, 100);
}

async fn all_quotas_count_or_none(world: &World) {
    let (limits, scope) = (world.instance(), scope());
    let both = quotas("minute=5,hour=3");
    for left in [[4, 2], [3, 1], [2, 0]] {
        assert_eq!(left_after(&ask(&limits, &scope, &both).await), left);
    }
    for _ in 0..4 {
        // The hour refuses, and the minute keeps the two it has.
        let (_, left) = refused(&ask(&world.instance(), &scope, &both).await);
        assert_eq!(left, [2, 0]);
    }
    world.advance_ms(70_000);
    let (retry_after, left) = refused(&ask(&world.instance(), &scope, &both).await);
    assert_eq!(left, [5, 0]);
    world.advance_ms(retry_after * 1_000);
    assert_eq!(
        left_after(&ask(&world.instance(), &scope, &both).await),
        [4, 2]
    );
}

async fn a_limit_of_one_admits_one(world: &World) {
    let (limits, scope, one) = (world.instance(), scope(), quotas("minute=1"));
    for _ in 0..3 {
        assert_eq!(left_after(&ask(&limits, &scope, &one).await), [0]);
        let (retry_after, left) = refused(&ask(&limits, &scope, &one).await);
        assert_eq!(left, [0]);
        assert!((60..=63).contains(&retry_after), "{retry_after}");
        world.advance_ms(retry_after * 1_000);
    }
}

async fn retry_after_is_the_first_second_that_fits(world: &World) {
    let (scope, quotas) = (scope(), quotas("minute=4"));
    for _ in 0..4 {
        left_after(&ask(&world.instance(), &scope, &quotas).await);
        world.advance_ms(7_300);
    }
    let mut waited = 0;
    let (first, _) = refused(&ask(&world.instance(), &scope, &quotas).await);
    loop {
        let (remembering, fresh) = (world.instance(), world.instance());
        let verdict = ask(&fresh, &scope, &quotas).await;
        if waited == first {
            assert_eq!(left_after(&verdict), [0]);
            return;
        }
        assert_eq!(refused(&verdict).0, first - waited);
        assert_eq!(
            refused(&ask(&remembering, &scope, &quotas).await).0,
            first - waited
        );
        world.advance_ms(1_000);
        waited += 1;
    }
}

async fn a_dear_request_counts_as_such(world: &World) {
    let (limits, scope, ten) = (world.instance(), scope(), quotas("minute=10"));
    let dear = async |limits: &Limits| limits.check(&scope, &ten, 4, OnFailure::Closed).await;
    assert_eq!(left_after(&dear(&limits).await), [6]);
    assert_eq!(left_after(&dear(&world.instance()).await), [2]);
    assert_eq!(refused(&dear(&world.instance()).await).1, [2]);
    assert_eq!(refused(&dear(&limits).await).1, [2]);
    assert_eq!(left_after(&ask(&limits, &scope, &ten).await), [1]);
}

async fn a_cost_above_the_limit_takes_all_of_it(world: &World) {
    let (limits, scope, ten) = (world.instance(), scope(), quotas("minute=10"));
    let dearest = limits.check(&scope, &ten, 1_000, OnFailure::Closed).await;
    assert_eq!(left_after(&dearest), [0]);
    refused(&ask(&limits, &scope, &ten).await);
}

async fn scopes_do_not_touch_each_other(world: &World) {
    let (limits, one) = (world.instance(), quotas("minute=1"));
    let (first, second) = (scope(), scope());
    left_after(&ask(&limits, &first, &one).await);
    refused(&ask(&limits, &first, &one).await);
    left_after(&ask(&limits, &second, &one).await);
}

async fn the_edge_of_a_minute_is_no_fresh_start(world: &World) {
    let (limits, scope, ten) = (world.instance(), scope(), quotas("minute=10"));
    for _ in 0..10 {
        left_after(&ask(&limits, &scope, &ten).await);
    }
    world.advance_ms(400);
    refused(&ask(&limits, &scope, &ten).await);
    refused(&ask(&world.instance(), &scope, &ten).await);
}

async fn a_burst_and_an_even_spread_stay_within_the_limit(world: &World) {
    const MINUTE_MS: u64 = 60_000;
    let (scope, quotas) = (scope(), quotas("minute=20"));
    let instances = [world.instance(), world.instance()];
    let (mut log, mut now_ms) = (Log::default(), MINUTE_MS);
    for step in 0..200 {
        let limits = &instances[step % instances.len()];
        if let Verdict::Allow { .. } = ask(limits, &scope, &quotas).await {
            log.admit(now_ms, 1);
        }
        // Twenty at once, then one every 900 ms.
        let gap_ms = if step < 20 { 0 } else { 900 };
        world.advance_ms(gap_ms);
        now_ms += gap_ms.unsigned_abs();
    }
    assert_eq!(log.worst(MINUTE_MS), 20);
    assert!(
        log.between(0, now_ms) > 40,
        "what has left the window comes back"
    );
}

async fn a_new_plan_holds_at_once(world: &World) {
    let (limits, scope) = (world.instance(), scope());
    let (small, large) = (quotas("minute=2"), quotas("minute=5"));
    left_after(&ask(&limits, &scope, &small).await);
    left_after(&ask(&limits, &scope, &small).await);
    refused(&ask(&limits, &scope, &small).await);
    assert_eq!(left_after(&ask(&limits, &scope, &large).await), [2]);
    assert_eq!(refused(&ask(&limits, &scope, &small).await).1, [0]);
    refused(&ask(&world.instance(), &scope, &small).await);
    assert_eq!(left_after(&ask(&limits, &scope, &large).await), [1]);
}

async fn a_very_large_limit_is_kept_exactly(world: &World) {
    // 1,000 a second: more than one item is asked to bear, so DynamoDB keeps it in four.
    let (scope, hot) = (scope(), quotas("minute=60000"));
    let instances = [world.instance(), world.instance()];
    let mut admitted = 0;
    for request in 0..80 {
        let limits = &instances[request % instances.len()];
        let verdict = limits.check(&scope, &hot, 1_000, OnFailure::Closed).await;
        admitted += u32::from(matches!(verdict, Verdict::Allow { .. }));
    }
    assert_eq!(admitted, 60);
}

async fn only_a_tenant_known_to_be_far_from_its_limit_is(world: &World) {
    let (limits, scope, ten) = (world.instance(), scope(), quotas("minute=10,day=1000"));
    assert!(!limits.far_from_limit(&scope, &ten), "unknown");
    for used in 1..=10 {
        left_after(&ask(&limits, &scope, &ten).await);
        assert_eq!(
            limits.far_from_limit(&scope, &ten),
            used <= 5,
            "after {used}"
        );
    }
    world.advance_ms(64_000);
    assert!(limits.far_from_limit(&scope, &ten), "the minute has passed");
}
