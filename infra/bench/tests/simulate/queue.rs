//! Who waits for whom: what fair queues do, what they do not, and what a cap adds.

use bench::simulate::queue::{Cap, Order, Outcome, Setup};

const FAIR: Order = Order::Fair { lag_ms: 0 };
/// What is promised: a tenant's one report waits for at most two running ones.
const BEHIND_MAX: usize = 2;

fn outcome(noisy_tenants: usize, order: Order, cap: Cap) -> Outcome {
    Outcome::of(&Setup {
        seed: 3,
        workers: 10,
        noisy_tenants,
        backlog: 300,
        order,
        cap,
    })
}

#[test]
fn a_queue_that_delivers_the_oldest_makes_everybody_wait() {
    let outcome = outcome(1, Order::Oldest, Cap::None);
    assert!(
        outcome.behind_max() > 10 * BEHIND_MAX,
        "{}",
        outcome.behind_max()
    );
    assert_eq!(outcome.behind.len(), 1_000);
}

#[test]
fn a_fair_queue_lets_the_quiet_pass_once_it_knows_who_is_noisy() {
    let fair = outcome(1, FAIR, Cap::None);
    assert!(fair.behind_max() <= BEHIND_MAX, "{}", fair.behind_max());
    let late = outcome(1, Order::Fair { lag_ms: 60_000 }, Cap::None);
    assert!(late.behind_max() > BEHIND_MAX, "{}", late.behind_max());
}

#[test]
fn a_fair_queue_does_not_help_against_many_equally_noisy_tenants() {
    let outcome = outcome(20, FAIR, Cap::None);
    assert!(
        outcome.behind_max() > BEHIND_MAX,
        "{}",
        outcome.behind_max()
    );
}

#[test]
fn a_cap_before_the_queue_keeps_the_promise_in_any_queue() {
    for order in [Order::Oldest, Order::Fair { lag_ms: 60_000 }] {
        let outcome = outcome(1, order, Cap::BeforeQueue { running: 2 });
        assert!(
            outcome.behind_max() <= BEHIND_MAX,
            "{}",
            outcome.behind_max()
        );
        assert_eq!(outcome.receives_max, 1);
    }
}

/// `maxReceiveCount` is five: the sixth delivery does not happen.
#[test]
fn putting_back_what_is_over_the_cap_uses_deliveries_up() {
    let cap = Cap::PutBack {
        running: 2,
        for_ms: 30_000,
    };
    let outcome = outcome(1, FAIR, cap);
    assert!(outcome.receives_max > 5, "{}", outcome.receives_max);
}

#[test]
fn every_job_runs_and_equal_seeds_give_equal_outcomes() {
    let run = || outcome(3, FAIR, Cap::BeforeQueue { running: 2 });
    let (first, second) = (run(), run());
    assert_eq!(first.waits_ms, second.waits_ms);
    assert_eq!(first.waits_ms.len(), 1_000);
    // Two at a time of 300 jobs that take four seconds on average.
    assert!(first.noisy_done_ms > 400_000, "{}", first.noisy_done_ms);
}
