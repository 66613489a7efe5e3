//! What a run found: as a value, as tables, as a chart, and held against what it must show.

pub mod bars;
pub mod chart;
pub mod table;

use serde::Serialize;

use crate::contest::cold::Cold;
use crate::contest::http::Http;
use crate::contest::throughput::Throughput;
use crate::contest::warm::Warm;

/// The findings of one run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// When it was, in RFC 3339.
    pub at: String,
    /// Where it was.
    pub machine: Machine,
    /// How much was measured.
    pub extent: Extent,
    /// Warm calls of `GET /v2/projects`.
    pub warm: Vec<Warm>,
    /// Cold starts.
    pub cold: Vec<Cold>,
    /// Calls per second under the Runtime API.
    pub throughput: Vec<Throughput>,
    /// Answers per second over HTTP.
    pub http: Vec<Http>,
    /// Who could not be measured, and why.
    pub missing: Vec<String>,
}

/// A machine, as far as it matters.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// How many cores this program may use.
    pub cores: usize,
}

/// How much is measured.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Extent {
    /// Tenants that calls are spread over.
    pub tenants: u32,
    /// Projects of each tenant.
    pub rows: u32,
    /// Rounds of everything; each has every contestant once.
    pub rounds: u32,
    /// Warm calls of a contestant in a round.
    pub calls: u32,
    /// Cold starts of each program.
    pub starts: u32,
    /// How long calls per second are counted in a round, in seconds.
    pub seconds: f64,
}

impl Extent {
    /// A few minutes in all.
    pub const BRIEF: Self = Self {
        tenants: 20,
        rows: 200,
        rounds: 5,
        calls: 300,
        starts: 7,
        seconds: 1.0,
    };
    /// Enough for figures to be published.
    pub const FULL: Self = Self {
        tenants: 100,
        rows: 1_000,
        rounds: 11,
        calls: 1_000,
        starts: 21,
        seconds: 3.0,
    };
}

impl Machine {
    /// The one that this program runs on.
    pub fn this() -> Self {
        let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("model name"));
        let name = line.map(|line| line.trim_start_matches([' ', '\t', ':']));
        Self {
            processor: name.unwrap_or("unknown").to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

impl Report {
    /// The warm calls of a contestant.
    pub fn warm_of(&self, name: &str) -> Option<&Warm> {
        self.warm.iter().find(|warm| warm.name == name)
    }

    /// The cold starts of a program.
    pub fn cold_of(&self, name: &str) -> Option<&Cold> {
        self.cold.iter().find(|cold| cold.name == name)
    }

    /// The calls per second of a contestant with `instances` instances.
    pub fn throughput_of(&self, name: &str, instances: usize) -> Option<&Throughput> {
        let mut all = self.throughput.iter();
        all.find(|one| one.name == name && one.instances == instances)
    }
}
