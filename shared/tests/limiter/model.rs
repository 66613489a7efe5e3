//! The arithmetic against a log of every request, over random traffic and clocks that disagree.

use proptest::collection::vec;
use proptest::prelude::*;
use shared::limits::Decision;
use shared::limits::sliding::{Bucket, CELLS, CLOCK_SKEW_MS_MAX, billable};
use shared::quota::{Quota, Quotas};

use crate::log::Log;

const START_MS: u64 = 1_790_000_000_000;

/// One request: how long after the one before, how dear, and how far its instance's clock is off.
#[derive(Debug, Clone)]
struct Request {
    gap_ms: u64,
    cost: u32,
    clock_ms: u64,
}

fn traffic() -> impl Strategy<Value = Vec<Request>> {
    // Bursts, a steady flow, and pauses that empty a minute.
    let gap_ms = prop_oneof![5 => 0..40_u64, 3 => 0..4_000_u64, 1 => 0..90_000_u64];
    let cost = prop_oneof![6 => Just(1_u32), 1 => 1..6_u32];
    let request = (gap_ms, cost, 0..=CLOCK_SKEW_MS_MAX);
    let request = request.prop_map(|(gap_ms, cost, clock_ms)| Request {
        gap_ms,
        cost,
        clock_ms,
    });
    vec(request, 1..250)
}

fn plans() -> impl Strategy<Value = Quotas> {
    let minute = (1..30_u32).prop_map(|limit| format!("minute={limit}"));
    let both = (1..30_u32, 1..90_u32).prop_map(|(m, h)| format!("minute={m},hour={h}"));
    prop_oneof![minute, both].prop_map(|text| text.parse().unwrap())
}

fn window_ms(quota: Quota) -> u64 {
    u64::from(quota.window_secs()) * 1_000
}

/// How much longer than its window a quota may look back.
fn slack_ms(quota: Quota) -> u64 {
    window_ms(quota) / CELLS + 2 * CLOCK_SKEW_MS_MAX
}

proptest! {
    /// No window of true time holds more than the limit, although no clock shows the true time.
    #[test]
    fn no_window_holds_more_than_the_limit(plan in plans(), traffic in traffic()) {
        let (mut bucket, mut log) = (Bucket::default(), Log::default());
        let (mut now_ms, mut admitted) = (START_MS, 0);
        for request in traffic {
            now_ms += request.gap_ms;
            let cost = billable(&plan, request.cost);
            match bucket.decide(&plan, request.cost, now_ms + request.clock_ms) {
                Decision::Allow(standing) => {
                    log.admit(now_ms, cost);
                    admitted += u64::from(cost);
                    for of in standing.iter() {
                        prop_assert!(of.remaining < of.quota.limit());
                        prop_assert!(of.more_after_secs > 0);
                    }
                }
                Decision::Deny { .. } => {
                    let justified = plan.iter().any(|quota| {
                        let reach_ms = window_ms(quota) + slack_ms(quota);
                        log.between(now_ms - reach_ms, now_ms) + cost > quota.limit()
                    });
                    prop_assert!(justified, "refused without need");
                }
            }
            prop_assert_eq!(bucket.total(), admitted, "a refusal has been counted");
        }
        for quota in plan.iter() {
            let worst = log.worst(window_ms(quota));
            prop_assert!(worst <= quota.limit(), "{worst} in a {}", quota.name());
        }
    }

    /// A refusal names the second in which the same request would pass, and keeps to it.
    #[test]
    fn retry_after_is_kept(plan in plans(), traffic in traffic(), look_ms in 0..60_000_u64) {
        let (mut bucket, mut now_ms) = (Bucket::default(), START_MS);
        for request in traffic {
            now_ms += request.gap_ms;
            let decision = bucket.decide(&plan, request.cost, now_ms);
            let Decision::Deny { retry_after_secs, .. } = decision else { continue };
            let after = |secs: u32| now_ms + u64::from(secs) * 1_000;
            prop_assert!(bucket.fits(&plan, request.cost, after(retry_after_secs)));
            prop_assert!(!bucket.fits(&plan, request.cost, after(retry_after_secs - 1)));
            let later_ms = now_ms + look_ms;
            if !bucket.fits(&plan, request.cost, later_ms) {
                let later = bucket.denial(&plan, request.cost, later_ms).retry_after_secs();
                let (first, second) = (after(retry_after_secs), later_ms + u64::from(later) * 1_000);
                prop_assert!(first.abs_diff(second) < 1_000, "moved from {first} to {second}");
            }
        }
    }

    /// What an instance saw earlier never allows more than what is true now.
    #[test]
    fn an_old_view_is_on_the_safe_side(plan in plans(), traffic in traffic(), seen in 0..250_usize) {
        let (mut bucket, mut now_ms) = (Bucket::default(), START_MS);
        let mut view = None;
        for (step, request) in traffic.into_iter().enumerate() {
            now_ms += request.gap_ms;
            bucket.decide(&plan, request.cost, now_ms + request.clock_ms);
            if step == seen {
                view = Some(bucket.clone());
            }
            let Some(view) = &view else { continue };
            for clock_ms in [0, CLOCK_SKEW_MS_MAX] {
                let at_ms = now_ms + clock_ms;
                prop_assert!(view.ceiling(&plan, at_ms) <= bucket.ceiling(&plan, at_ms));
            }
        }
    }
}
