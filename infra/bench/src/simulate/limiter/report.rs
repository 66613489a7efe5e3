//! The tables of the limiter's simulation.

use shared::limits::LimiterError;
use shared::limits::sliding::CLOCK_SKEW_MS_MAX;
use shared::quota::{Quotas, Window};

use super::controls::{Control, FixedWindow, WeighedWindows};
use super::traffic::Shape;
use super::window::{Judged, judge};
use super::{Instances, Scenario, WithoutAnswer, run, size};
use crate::simulate::random::Random;
use crate::simulate::text::{Table, count, percent, ratio};

/// Requests a minute of the plan `pro` in the catalogue.
const PRO: u32 = 1_000;
/// Requests a minute of the plan `enterprise`.
const ENTERPRISE: u32 = 10_000;
/// A plan that needs several items: 1,000 requests a second.
const SHARDED: u32 = 60_000;
const SECS: u64 = 130;
const INSTANCES: [Instances; 5] = [
    Instances::Shared(1),
    Instances::Shared(10),
    Instances::Shared(100),
    Instances::Shared(1_000),
    Instances::Forgetful,
];

/// All tables, in Markdown.
pub fn tables(seed: u64) -> Result<String, LimiterError> {
    let tables = [
        "A tenant of 1,000 requests a minute, and ten quiet ones beside it:\n\n",
        &by_instances(seed)?,
        "\nTenants of several plans on 1,000 instances:\n\n",
        &by_plan(seed)?,
        "\nThe most that any minute admitted, as a multiple of the limit:\n\n",
        &beside_others(seed)?,
    ];
    Ok(tables.concat())
}

fn scenario(seed: u64, instances: Instances, plan: u32, hot_percent: u64) -> Scenario {
    Scenario {
        seed,
        instances,
        clocks_ms: CLOCK_SKEW_MS_MAX,
        quotas: Quotas::per(Window::Minute, plan),
        hot_percent,
        shape: Shape::Mixed,
        quiet_tenants: 10,
        without_answer: WithoutAnswer::CountAlone,
        secs: SECS,
    }
}

fn by_instances(seed: u64) -> Result<String, LimiterError> {
    let mut table = Table::new([
        "instances",
        "demand / limit",
        "worst minute / limit",
        "refused wrongly",
        "refused from memory",
        "writes / request",
        "writes / asking request",
    ]);
    for hot_percent in [90, 1_000] {
        for instances in INSTANCES {
            let outcome = run(&scenario(seed, instances, PRO, hot_percent))?;
            table.row([
                name(instances),
                ratio(hot_percent, 100, 1),
                ratio(outcome.hot.worst, outcome.limit, 3),
                percent(outcome.refused_wrongly(), outcome.requests),
                percent(outcome.from_memory, outcome.requests),
                ratio(outcome.writes, outcome.requests, 2),
                ratio(outcome.writes, outcome.requests - outcome.from_memory, 2),
            ]);
        }
    }
    Ok(table.markdown())
}

fn by_plan(seed: u64) -> Result<String, LimiterError> {
    let mut table = Table::new([
        "requests a minute",
        "demand / limit",
        "items",
        "writes / request",
        "hottest item, writes/s",
        "asked in its busiest second",
        "throttled",
        "worst minute / limit",
        "refusing what is throttled",
    ]);
    let plans = [
        (PRO, 1_000, Shape::Mixed),
        (ENTERPRISE, 200, Shape::Even),
        (ENTERPRISE, 500, Shape::Even),
        (ENTERPRISE, 1_000, Shape::Even),
        (ENTERPRISE, 200, Shape::Mixed),
        (SHARDED, 90, Shape::Even),
        (SHARDED, 200, Shape::Even),
        (SHARDED, 200, Shape::Mixed),
    ];
    for (plan, hot_percent, shape) in plans {
        let lone = Scenario {
            quiet_tenants: 0,
            shape,
            ..scenario(seed, Instances::Shared(1_000), plan, hot_percent)
        };
        let outcome = run(&lone)?;
        let refusing = match outcome.throttled {
            0 => outcome.clone(),
            _ => run(&Scenario {
                without_answer: WithoutAnswer::Refuse,
                ..lone
            })?,
        };
        let spread = match shape {
            Shape::Mixed => ", in bursts",
            _ => "",
        };
        table.row([
            count(u64::from(plan)),
            ratio(hot_percent, 100, 1) + spread,
            count(outcome.items),
            ratio(outcome.writes, outcome.requests, 2),
            count(outcome.hottest_mean),
            count(outcome.busiest_second),
            percent(outcome.throttled, outcome.writes + outcome.throttled),
            ratio(outcome.hot.worst, outcome.limit, 3),
            ratio(refusing.hot.worst, refusing.limit, 3),
        ]);
    }
    Ok(table.markdown())
}

fn beside_others(seed: u64) -> Result<String, LimiterError> {
    let mut table = Table::new([
        "traffic",
        "ours, clocks 1 s apart",
        "ours, clocks 2 s apart",
        "calendar minute",
        "two weighed minutes",
    ]);
    let shapes = [
        ("twice the limit, with bursts", Shape::Mixed, 200),
        ("all around a full minute", Shape::Edge, 200),
        ("a burst, then evenly", Shape::BurstThenEven, 150),
    ];
    for (traffic, shape, hot_percent) in shapes {
        let ours = |clocks_ms| {
            let outcome = run(&Scenario {
                shape,
                clocks_ms,
                quiet_tenants: 0,
                ..scenario(seed, Instances::Shared(100), PRO, hot_percent)
            })?;
            Ok(ratio(outcome.hot.worst, outcome.limit, 3))
        };
        let limit = u64::from(PRO);
        let number = limit * hot_percent * SECS / 60 / 100;
        let times = shape.arrivals(number, SECS, &mut Random::new(seed));
        table.row([
            traffic.to_owned(),
            ours(CLOCK_SKEW_MS_MAX)?,
            ours(2 * CLOCK_SKEW_MS_MAX)?,
            ratio(worst(&mut FixedWindow::new(limit), &times), limit, 3),
            ratio(worst(&mut WeighedWindows::new(limit), &times), limit, 3),
        ]);
    }
    Ok(table.markdown())
}

/// The most that a control admits within a minute.
pub fn worst(control: &mut dyn Control, times: &[u64]) -> u64 {
    let judged = times.iter().map(|at_us| Judged {
        at_us: *at_us,
        admitted: control.admits(*at_us),
    });
    let judged: Vec<Judged> = judged.collect();
    judge(&judged, super::WINDOW_US, u64::MAX).worst
}

fn name(instances: Instances) -> String {
    match instances {
        Instances::Shared(number) => count(size(number)),
        Instances::Forgetful => "new each time".to_owned(),
    }
}
