//! The limiter on many instances, beside limiters that let too much through.

use bench::simulate::limiter::controls::{FixedWindow, WeighedWindows};
use bench::simulate::limiter::report::worst;
use bench::simulate::limiter::traffic::Shape;
use bench::simulate::limiter::{Instances, Outcome, Scenario, WithoutAnswer, run};
use bench::simulate::random::Random;
use shared::quota::{Quotas, Window};

const LIMIT: u32 = 120;

fn scenario(instances: Instances) -> Scenario {
    Scenario {
        seed: 5,
        instances,
        clocks_ms: 1_000,
        quotas: Quotas::per(Window::Minute, LIMIT),
        hot_percent: 1_000,
        shape: Shape::Mixed,
        quiet_tenants: 3,
        without_answer: WithoutAnswer::CountAlone,
        secs: 130,
    }
}

fn outcome(scenario: &Scenario) -> Outcome {
    run(scenario).expect("the simulated table knows all that the limiter writes")
}

#[test]
fn no_minute_holds_more_than_the_limit_on_any_number_of_instances() {
    let some = [1, 10, 100, 1_000].map(Instances::Shared);
    for instances in some.into_iter().chain([Instances::Forgetful]) {
        for shape in [Shape::Mixed, Shape::Edge, Shape::BurstThenEven] {
            let outcome = outcome(&Scenario {
                shape,
                ..scenario(instances)
            });
            let limit = u64::from(LIMIT);
            assert!(
                (limit * 98 / 100..=limit).contains(&outcome.hot.worst),
                "{instances:?}, {shape:?}: {outcome:?}"
            );
            assert_eq!(outcome.quiet_refused_wrongly, 0, "{instances:?}, {shape:?}");
            assert_eq!(outcome.throttled, 0, "{instances:?}, {shape:?}");
        }
    }
}

#[test]
fn others_let_twice_the_limit_through() {
    let limit = u64::from(LIMIT);
    let arrivals = |shape: Shape| shape.arrivals(10 * limit, 130, &mut Random::new(5));
    let edge = worst(&mut FixedWindow::new(limit), &arrivals(Shape::Edge));
    assert_eq!(edge, 2 * limit);
    let spread = worst(
        &mut WeighedWindows::new(limit),
        &arrivals(Shape::BurstThenEven),
    );
    assert!(spread > limit * 19 / 10, "{spread}");
}

#[test]
fn what_an_instance_remembers_saves_most_writes_of_a_tenant_over_its_limit() {
    let remembering = outcome(&scenario(Instances::Shared(10)));
    let forgetful = outcome(&scenario(Instances::Forgetful));
    assert_eq!(forgetful.from_memory, 0);
    assert!(forgetful.writes >= forgetful.requests);
    assert!(
        remembering.writes * 2 < forgetful.writes,
        "{remembering:?}, {forgetful:?}"
    );
}

/// More than an item bears: each write that is throttled goes without an answer.
#[test]
fn a_tenant_too_hot_for_its_item_is_held_only_where_what_is_throttled_is_refused() {
    const HOT: u32 = 1_500;
    let burst = Scenario {
        quotas: Quotas::per(Window::Minute, HOT),
        shape: Shape::Edge,
        hot_percent: 200,
        quiet_tenants: 0,
        ..scenario(Instances::Shared(100))
    };
    let alone = outcome(&burst);
    assert!(alone.throttled > 0, "{alone:?}");
    assert!(alone.hot.worst > u64::from(HOT), "{alone:?}");
    let refusing = outcome(&Scenario {
        without_answer: WithoutAnswer::Refuse,
        ..burst
    });
    assert!(refusing.hot.worst <= u64::from(HOT), "{refusing:?}");
}

#[test]
fn equal_seeds_give_equal_outcomes() {
    let first = outcome(&scenario(Instances::Shared(10)));
    assert_eq!(first, outcome(&scenario(Instances::Shared(10))));
    let other = Scenario {
        seed: 6,
        ..scenario(Instances::Shared(10))
    };
    assert_ne!(first, outcome(&other));
}
