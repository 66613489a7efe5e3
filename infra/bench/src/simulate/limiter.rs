//! The product's own limiter on many instances at once.
//!
//! Each instance is a [`TableLimiter`] of `shared`, as the functions run it; only the table is
//! another one: in memory, behind a network of some milliseconds, in simulated time. The instances'
//! clocks disagree. Afterwards an exact log judges what was admitted.

mod clockwork;
pub mod controls;
mod expression;
pub mod report;
mod table;
pub mod traffic;
pub mod window;

use shared::ids::TenantId;
use shared::limits::{Decision, LOCAL_PART, LimiterError, MemoryLimiter, Scope, TableLimiter};
use shared::quota::{Quotas, Window};
use uuid::Uuid;

use self::clockwork::{Clockwork, Task};
use self::table::{Load, SimulatedTable};
use self::traffic::Shape;
use self::window::{Judged, Verdict, judge};
use super::random::Random;

pub use self::table::{ITEM_WRITES_MAX, ROUND_TRIP_US};

/// A full minute of the calendar at which the simulations begin, in milliseconds since the epoch.
const START_MS: u64 = 1_790_000_040_000;
/// The window that is judged, in microseconds.
const WINDOW_US: u64 = 60_000_000;
/// How much of its limit a quiet tenant asks for, in percent.
const QUIET_PERCENT: u64 = 20;

/// How many instances there are, and what they remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instances {
    /// So many; each request goes to any of them.
    Shared(usize),
    /// A new one for each request, which therefore remembers nothing: the control.
    Forgetful,
}

/// What an instance does with a request when the table does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutAnswer {
    /// It counts alone, with a part of the limits, as the product does.
    CountAlone,
    /// It refuses.
    Refuse,
}

/// What is simulated.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// Where the random numbers start.
    pub seed: u64,
    /// The instances.
    pub instances: Instances,
    /// The most that the clocks of two instances differ by, in milliseconds.
    pub clocks_ms: u64,
    /// The quotas of each tenant.
    pub quotas: Quotas,
    /// What the hot tenant asks for, in percent of its limit.
    pub hot_percent: u64,
    /// How its requests are spread over time.
    pub shape: Shape,
    /// How many other tenants ask for a fifth of their limits.
    pub quiet_tenants: u64,
    /// What happens when the table is too hot to answer.
    pub without_answer: WithoutAnswer,
    /// How long, in seconds.
    pub secs: u64,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The hot tenant's limit in a minute.
    pub limit: u64,
    /// Requests of all tenants.
    pub requests: u64,
    /// Requests that an instance refused from memory, without asking the table.
    pub from_memory: u64,
    /// Writes on the table.
    pub writes: u64,
    /// Writes that an item was too hot for.
    pub throttled: u64,
    /// Items in the table.
    pub items: u64,
    /// Writes asked for in the busiest second of one item.
    pub busiest_second: u64,
    /// Writes a second on the hottest item on average.
    pub hottest_mean: u64,
    /// The exact log's verdict on the hot tenant.
    pub hot: Verdict,
    /// Requests of the hot tenant.
    pub hot_requests: u64,
    /// Requests of quiet tenants that were refused wrongly.
    pub quiet_refused_wrongly: u64,
}

impl Outcome {
    /// Requests that were refused although their windows had room.
    pub fn refused_wrongly(&self) -> u64 {
        self.hot.refused_wrongly + self.quiet_refused_wrongly
    }
}

struct Arrival {
    at_us: u64,
    tenant: usize,
}

/// One instance of a function.
struct Instance {
    limiter: TableLimiter<SimulatedTable>,
    alone: MemoryLimiter,
    /// How far its clock is ahead.
    ahead_ms: u64,
}

impl Instance {
    fn new(table: &SimulatedTable, ahead_ms: u64) -> Self {
        Self {
            limiter: TableLimiter::over(table.clone()),
            alone: MemoryLimiter::new(),
            ahead_ms,
        }
    }

    /// Whether a request is admitted.
    async fn admits(&self, scenario: &Scenario, scope: &Scope, true_ms: u64) -> bool {
        let (quotas, now_ms) = (&scenario.quotas, true_ms + self.ahead_ms);
        let decision = match self.limiter.take(scope, quotas, 1, now_ms).await {
            Ok(decision) => decision,
            Err(_) if scenario.without_answer == WithoutAnswer::Refuse => return false,
            Err(_) => {
                let part = quotas.map_limits(|limit| limit / LOCAL_PART);
                self.alone.take(scope, &part, 1, now_ms)
            }
        };
        matches!(decision, Decision::Allow(_))
    }
}

/// Runs a scenario. An error means that the limiter asked the table for something that the
/// simulated one does not know.
pub fn run(scenario: &Scenario) -> Result<Outcome, LimiterError> {
    let mut random = Random::new(scenario.seed);
    let clock = Clockwork::default();
    let table = SimulatedTable::new(clock.clone(), random.branch());
    let arrivals = arrivals(scenario, &mut random);
    let scopes: Vec<Scope> = (0..=scenario.quiet_tenants).map(scope).collect();
    let instances = instances(scenario, &table, &mut random);

    let begin = |number: usize| -> Task<'_, bool> {
        let true_ms = START_MS + clock.now_us() / 1_000;
        let tenant = arrivals.get(number).map_or(0, |arrival| arrival.tenant);
        let chosen = usize::try_from(random.below(size(instances.len()))).unwrap_or(0);
        let instance = instances.get(chosen);
        let forgetful = match scenario.instances {
            Instances::Shared(_) => None,
            Instances::Forgetful => {
                Some(Instance::new(&table, random.between(0, scenario.clocks_ms)))
            }
        };
        let scope = scopes.get(tenant);
        Box::pin(async move {
            match (instance.or(forgetful.as_ref()), scope) {
                (Some(instance), Some(scope)) => instance.admits(scenario, scope, true_ms).await,
                _ => false,
            }
        })
    };
    let mut admitted = vec![false; arrivals.len()];
    let mut from_memory = 0;
    let times: Vec<u64> = arrivals.iter().map(|arrival| arrival.at_us).collect();
    clock.run(&times, begin, |number, admits, at_once| {
        from_memory += u64::from(at_once);
        if let Some(slot) = admitted.get_mut(number) {
            *slot = admits;
        }
    });
    match table.not_understood() {
        Some(reason) => Err(LimiterError::Request(reason)),
        None => Ok(outcome(
            scenario,
            &arrivals,
            &admitted,
            from_memory,
            &table.loads(),
        )),
    }
}

fn arrivals(scenario: &Scenario, random: &mut Random) -> Vec<Arrival> {
    let limit = minute_limit(&scenario.quotas);
    let number = |percent: u64| limit * percent * scenario.secs / 60 / 100;
    let mut arrivals = Vec::new();
    for tenant in 0..=scenario.quiet_tenants {
        let (percent, shape) = match tenant {
            0 => (scenario.hot_percent, scenario.shape),
            _ => (QUIET_PERCENT, Shape::Mixed),
        };
        let times = shape.arrivals(number(percent), scenario.secs, random);
        let tenant = usize::try_from(tenant).unwrap_or(usize::MAX);
        arrivals.extend(times.into_iter().map(|at_us| Arrival { at_us, tenant }));
    }
    arrivals.sort_by_key(|arrival| (arrival.at_us, arrival.tenant));
    arrivals
}

fn instances(scenario: &Scenario, table: &SimulatedTable, random: &mut Random) -> Vec<Instance> {
    let Instances::Shared(number) = scenario.instances else {
        return Vec::new();
    };
    // Both extremes are always there: the worst case is what is promised.
    let extremes = [scenario.clocks_ms, 0].into_iter();
    let others = std::iter::repeat_with(|| random.between(0, scenario.clocks_ms));
    let ahead_ms = extremes.chain(others).take(number);
    ahead_ms
        .map(|ahead_ms| Instance::new(table, ahead_ms))
        .collect()
}

fn scope(tenant: u64) -> Scope {
    Scope::tenant(TenantId::from(Uuid::from_u64_pair(0, tenant)))
}

fn minute_limit(quotas: &Quotas) -> u64 {
    let mut minutes = quotas
        .iter()
        .filter(|quota| quota.window() == Window::Minute);
    minutes.next().map_or(0, |quota| u64::from(quota.limit()))
}

fn outcome(
    scenario: &Scenario,
    arrivals: &[Arrival],
    admitted: &[bool],
    from_memory: u64,
    loads: &[Load],
) -> Outcome {
    let limit = minute_limit(&scenario.quotas);
    let of = |tenant: usize| -> Vec<Judged> {
        let both = arrivals.iter().zip(admitted);
        let its = both.filter(|(arrival, _)| arrival.tenant == tenant);
        let judged = its.map(|(arrival, admitted)| Judged {
            at_us: arrival.at_us,
            admitted: *admitted,
        });
        judged.collect()
    };
    let hot = of(0);
    let quiet_tenants = usize::try_from(scenario.quiet_tenants).unwrap_or(0);
    let quiet = (1..=quiet_tenants).map(|tenant| judge(&of(tenant), WINDOW_US, limit));
    let hottest = loads.iter().max_by_key(|load| load.writes);
    Outcome {
        limit,
        requests: size(arrivals.len()),
        from_memory,
        writes: loads.iter().map(|load| load.writes).sum(),
        throttled: loads.iter().map(|load| load.throttled).sum(),
        items: size(loads.len()),
        busiest_second: loads.iter().map(|load| load.busiest).max().unwrap_or(0),
        hottest_mean: hottest.map_or(0, |load| load.writes / scenario.secs.max(1)),
        hot: judge(&hot, WINDOW_US, limit),
        hot_requests: size(hot.len()),
        quiet_refused_wrongly: quiet.map(|verdict| verdict.refused_wrongly).sum(),
    }
}

fn size(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
