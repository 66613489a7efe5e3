//! The bars that the product sets itself, and whether a run saw them hold.

use serde::Serialize;

use super::Report;
use crate::entrants::{API_FUNCTIONS, FLOOR, OURS, OURS_UNCACHED, PEER};
use crate::stats::Spread;

/// The median call of the product against the floor's, at most.
const P50_TO_FLOOR_MAX: f64 = 1.5;
/// CPU time of the peer's call against the product's, at least.
const CPU_FROM_PEER_MIN: f64 = 10.0;
/// Calls per second of the product against the peer's, at least.
const THROUGHPUT_TO_PEER_MIN: f64 = 8.0;
/// Time to the first event of the peer against the product's, at least.
const COLD_FROM_PEER_MIN: f64 = 20.0;
/// Memory of the peer against that of any API function, at least.
const MEMORY_FROM_PEER_MIN: f64 = 5.0;
/// Memory of any API function, in MiB, at most.
const MEMORY_MIB_MAX: f64 = 32.0;

/// One bar.
#[derive(Debug, Clone, Serialize)]
pub struct Bar {
    /// What is compared.
    pub what: String,
    /// What was seen.
    pub seen: Spread,
    /// What it must be.
    pub bound: Bound,
}

/// The side on which a figure has to lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
}

impl Bar {
    /// Whether the median lies on the right side.
    pub fn holds(&self) -> bool {
        match self.bound {
            Bound::AtMost(most) => self.seen.median <= most,
            Bound::AtLeast(least) => self.seen.median >= least,
        }
    }
}

/// All bars for which the run has figures.
pub fn of(report: &Report) -> Vec<Bar> {
    let mut bars = Vec::new();
    let mut bar = |what: String, seen: Spread, bound: Bound| bars.push(Bar { what, seen, bound });
    let warm = |name| report.warm_of(name);
    if let (Some(ours), Some(floor)) = (warm(OURS), warm(FLOOR)) {
        let seen = Spread::of_ratios(&ours.p50_us, &floor.p50_us);
        let what = format!("p50 of a warm list: {OURS} / {FLOOR}");
        bar(what, seen, Bound::AtMost(P50_TO_FLOOR_MAX));
    }
    for ours in [OURS, OURS_UNCACHED].into_iter().filter_map(warm) {
        if let Some(peer) = warm(PEER) {
            let seen = Spread::of_ratios(&peer.cpu_us, &ours.cpu_us);
            let what = format!("CPU of a warm list: {PEER} / {}", ours.name);
            bar(what, seen, Bound::AtLeast(CPU_FROM_PEER_MIN));
        }
    }
    let ours = [OURS, OURS_UNCACHED];
    for ours in report
        .throughput
        .iter()
        .filter(|one| ours.contains(&one.name))
    {
        let (name, instances) = (ours.name, ours.instances);
        if let Some(peer) = report.throughput_of(PEER, instances) {
            let seen = Spread::of_ratios(&ours.per_second, &peer.per_second);
            let what = format!("calls per second, {instances} instances: {name} / {PEER}");
            bar(what, seen, Bound::AtLeast(THROUGHPUT_TO_PEER_MIN));
        }
    }
    let functions = API_FUNCTIONS.iter().filter_map(|name| report.cold_of(name));
    for ours in functions {
        let name = ours.name;
        let peak = Spread::of(ours.peak_mib.clone());
        bar(
            format!("peak memory in MiB: {name}"),
            peak,
            Bound::AtMost(MEMORY_MIB_MAX),
        );
        let Some(peer) = report.cold_of(PEER) else {
            continue;
        };
        let seen = Spread::of_ratios(&peer.to_next_ms, &ours.to_next_ms);
        let what = format!("start to first event: {PEER} / {name}");
        bar(what, seen, Bound::AtLeast(COLD_FROM_PEER_MIN));
        let seen = Spread::of_ratios(&peer.peak_mib, &ours.peak_mib);
        let what = format!("peak memory: {PEER} / {name}");
        bar(what, seen, Bound::AtLeast(MEMORY_FROM_PEER_MIN));
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_holds_on_its_side_only() {
        let bar = |bound| Bar {
            what: String::new(),
            seen: Spread::of(vec![2.0]),
            bound,
        };
        assert!(bar(Bound::AtMost(2.0)).holds());
        assert!(!bar(Bound::AtMost(1.9)).holds());
        assert!(bar(Bound::AtLeast(2.0)).holds());
        assert!(!bar(Bound::AtLeast(2.1)).holds());
    }
}
