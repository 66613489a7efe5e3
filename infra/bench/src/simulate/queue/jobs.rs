//! Reports that tenants order: when, and how long each takes.

use super::Setup;
use crate::simulate::random::Random;

/// Tenants that order one report each.
const QUIET_TENANTS: usize = 1_000;
/// The part of all workers that the quiet tenants alone keep busy, in percent.
const QUIET_LOAD_PERCENT: u64 = 50;

/// Drawing times, in milliseconds, and how many of a hundred reports take that long: mostly short
/// ones, a few close to what a worker allows. An assumption.
const RUN_MS: [(u64, u64, u64); 3] = [(70, 500, 2_000), (25, 2_000, 10_000), (5, 10_000, 40_000)];

/// One report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job {
    pub(super) tenant: usize,
    /// When it is ordered; once it has entered the queue, when it did.
    pub(super) sent_ms: u64,
    pub(super) run_ms: u64,
}

/// The noisy tenants' backlogs, all at once and in turn, and then one job of each quiet tenant at
/// random times. The noisy tenants have the lowest numbers.
pub(super) fn jobs(setup: &Setup, random: &mut Random) -> Vec<Job> {
    let noisy = setup.noisy_tenants * setup.backlog;
    let times: Vec<u64> = (0..noisy + QUIET_TENANTS).map(|_| run_ms(random)).collect();
    let (noisy, quiet) = times.split_at(noisy.min(times.len()));
    let workers = u64::try_from(setup.workers).unwrap_or(u64::MAX).max(1);
    let span_ms = quiet.iter().sum::<u64>() * 100 / QUIET_LOAD_PERCENT / workers;
    let noisy = noisy.iter().zip((0..setup.noisy_tenants).cycle());
    let noisy = noisy.map(|(run_ms, tenant)| (tenant, 0, *run_ms));
    let quiet = quiet.iter().zip(setup.noisy_tenants..);
    let quiet = quiet.map(|(run_ms, tenant)| (tenant, 1 + random.below(span_ms), *run_ms));
    let jobs = noisy.chain(quiet).map(|(tenant, sent_ms, run_ms)| Job {
        tenant,
        sent_ms,
        run_ms,
    });
    jobs.collect()
}

fn run_ms(random: &mut Random) -> u64 {
    let mut drawn = random.below(100);
    for (of_hundred, shortest_ms, longest_ms) in RUN_MS {
        if drawn < of_hundred {
            return random.between(shortest_ms, longest_ms);
        }
        drawn -= of_hundred;
    }
    0
}
