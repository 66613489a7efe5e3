//! What ten and a hundred times the tenants, a hundred times one tenant's rows, and row-level
//! security itself do to the statements of the hot paths.
//!
//! Three databases lie in one cluster: few tenants, some, and many. Among the many are two more, one of
//! which has a hundred times the rows, members and sessions of the other. Every statement is run as the
//! product runs it, through its own store and [`shared::db::Database`], for a tenant that is drawn
//! anew each time, and by turns on either side, so that what slows the machine slows both.

mod calls;
mod load;
mod place;
mod policy;
mod race;
mod rows;

use std::fs;

use local::postgres::{Cluster, ClusterOptions, PostgresError};
use local::project;
use local::say::say;
use migrate::MigrateError;
use serde::Serialize;
use shared::db::DbError;

use crate::stats::Spread;
use calls::{Call, Doors};
use place::{LARGE, Place, SMALL};
use policy::READINGS;
use race::Side;

/// The database with few tenants, and how many.
const FEW: (&str, u64) = ("scale_few", 100);
/// The database in between, and how many it has.
const SOME: (&str, u64) = ("scale_some", 1_000);
/// The database with many tenants, and how many.
const MANY: (&str, u64) = ("scale_many", 10_000);
/// For a cluster that is filled at once, and has nothing to do of its own while times are taken.
const SETTINGS: [&str; 2] = ["max_wal_size=4GB", "autovacuum=off"];

/// Why the growth could not be measured; each text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScaleError {
    /// The cluster did not start.
    #[error(transparent)]
    Cluster(#[from] PostgresError),
    /// The tenants could not be made.
    #[error("making the tenants failed: {}", shared::error::causes(.0))]
    Load(#[from] tokio_postgres::Error),
    /// The schema could not be made.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The rows would not fit, and the disk would be measured.
    #[error("{needed_mb} MB of memory are needed, and {available_mb} MB are free")]
    Memory {
        /// For the rows and their indexes.
        needed_mb: u32,
        /// What the system would give.
        available_mb: u32,
    },
    /// The rows do not fit, and the disk would be measured.
    #[error("the databases have {has_mb} MB, and PostgreSQL has {memory_mb} MB for them")]
    Large {
        /// With their indexes.
        has_mb: u32,
        /// `shared_buffers`.
        memory_mb: u32,
    },
    /// A statement of the product failed.
    #[error("{0}")]
    Statement(String),
}

impl From<DbError> for ScaleError {
    fn from(error: DbError) -> Self {
        Self::Statement(shared::error::causes(&error))
    }
}

/// How much is measured.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Size {
    /// Projects of each tenant, as many reports, and a fifth as many rows that expire.
    pub rows: u64,
    /// Rounds, each with calls of both sides.
    pub rounds: u32,
    /// Calls of a side in a round.
    pub calls: u32,
    /// Rounds of what is held to a bound close to 1: the policy beside the condition.
    pub policy_rounds: u32,
    /// Calls of a side in such a round.
    pub policy_calls: u32,
    /// PostgreSQL's `shared_buffers`, in MB: all rows and their indexes have to fit, or nothing is measured.
    pub memory_mb: u32,
}

impl Size {
    /// Six hundred thousand projects; a few minutes.
    pub const BRIEF: Self = Self {
        rows: 60,
        rounds: 5,
        calls: 150,
        policy_rounds: 15,
        policy_calls: 400,
        memory_mb: 2_048,
    };
    /// Enough for figures to be published: ten million projects and as many reports, in 20 GB of memory
    /// and 24 GB of disk.
    pub const FULL: Self = Self {
        rows: 1_000,
        rounds: 11,
        calls: 500,
        policy_rounds: 21,
        policy_calls: 1_000,
        memory_mb: 16_384,
    };
}

/// In what the second side differs from the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// Ten times the tenants in the database.
    TenfoldTenants,
    /// A hundred times the tenants in the database.
    HundredfoldTenants,
    /// A hundred times the rows of the tenant that is served.
    HundredfoldRows,
    /// A policy on the table, and not a condition in the statement.
    RowSecurity,
}

impl Difference {
    /// In words, for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TenfoldTenants => "10 x tenants",
            Self::HundredfoldTenants => "100 x tenants",
            Self::HundredfoldRows => "100 x rows",
            Self::RowSecurity => "policy / WHERE",
        }
    }
}

/// How much longer a statement takes on the second side.
#[derive(Debug, Clone, Serialize)]
pub struct Scaling {
    /// The statement, or the statements of one batch.
    pub name: &'static str,
    /// In what the sides differ.
    pub what: Difference,
    /// Whether it is a control: something the product does not do, and that has to grow.
    pub control: bool,
    /// The median latency of the first side, in microseconds.
    pub first_us: f64,
    /// The median latency of the second side, in microseconds.
    pub second_us: f64,
    /// The quotient of the rounds' median latencies.
    pub ratio: Spread,
}

/// Starts a cluster of its own below `target/bench`, and measures in it.
///
/// # Errors
///
/// See [`ScaleError`].
pub async fn run(size: Size) -> Result<Vec<Scaling>, ScaleError> {
    match available_mb() {
        Some(available_mb) if available_mb < size.memory_mb => {
            let needed_mb = size.memory_mb;
            return Err(ScaleError::Memory {
                needed_mb,
                available_mb,
            });
        }
        _ => {}
    }
    let options = ClusterOptions {
        dir: project::root().join("target/bench/scale"),
        durable: false,
    };
    let memory = format!("shared_buffers={}MB", size.memory_mb);
    let [wal, vacuum] = SETTINGS;
    let cluster = Cluster::start_with(options, &[wal, vacuum, &memory]).await?;
    local::postgres::database::prepare(&cluster, local::postgres::database::Earlier::Drop).await?;
    let measured = measure(&cluster, size).await;
    cluster.stop().await?;
    measured
}

/// How much memory is free, in MB; none where the system does not say it as Linux does.
fn available_mb() -> Option<u32> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let kilobytes = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = kilobytes.trim().strip_suffix(" kB")?.parse().ok()?;
    u32::try_from(kilobytes / 1_024).ok()
}

/// Measures in a cluster that has the services' roles, in databases of its own.
///
/// The figures mean something only where the cluster keeps the data in memory: reading a block
/// from elsewhere costs more than finding out which.
///
/// # Errors
///
/// See [`ScaleError`].
pub async fn measure(cluster: &Cluster, size: Size) -> Result<Vec<Scaling>, ScaleError> {
    for (name, tenants) in [FEW, SOME, MANY] {
        say(format_args!(
            "making {tenants} tenants of {} rows",
            size.rows
        ));
        load::database(cluster, name, tenants, size.rows).await?;
    }
    let has_mb = load::size_mb(cluster).await?;
    if has_mb > size.memory_mb {
        let memory_mb = size.memory_mb;
        return Err(ScaleError::Large { has_mb, memory_mb });
    }
    let few = Doors::open(cluster, FEW.0)?;
    let some = Doors::open(cluster, SOME.0)?;
    let many = Doors::open(cluster, MANY.0)?;
    let any = |(_, tenants): (&str, u64)| Place::any(tenants, size.rows);
    let mut found = Vec::new();
    for call in Call::ALL {
        say(format_args!("measuring: {}", call.name()));
        let side = |doors, place| Side::product(call, doors, place);
        if !call.is_control() {
            let sides = [side(&few, any(FEW)), side(&some, any(SOME))];
            found.push(race::run(Difference::TenfoldTenants, &sides, size).await?);
            let sides = [side(&few, any(FEW)), side(&many, any(MANY))];
            found.push(race::run(Difference::HundredfoldTenants, &sides, size).await?);
        }
        if call.has_tenant() {
            let [small, large] = [SMALL, LARGE].map(|extra| Place::one(MANY.1, extra));
            let sides = [side(&many, small), side(&many, large)];
            found.push(race::run(Difference::HundredfoldRows, &sides, size).await?);
        }
    }
    // However many tenants there are, a policy costs the same.
    load::twins(cluster, SOME.0).await?;
    for reading in READINGS {
        say(format_args!("measuring the policy: {}", reading.name));
        let side = |form| Side::reading(reading, form, &some, any(SOME));
        let sides = [side(reading.plain()), side(reading.protected())];
        found.push(race::run(Difference::RowSecurity, &sides, size).await?);
    }
    load::forget(cluster, [FEW.0, SOME.0, MANY.0]).await?;
    Ok(found)
}
