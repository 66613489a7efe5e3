//! What a call costs an instance that has served others before.

use serde::Serialize;

use super::{Contestant, Lane};
use crate::lambda::DriveError;
use crate::stats::quantile;

/// Microseconds in a second.
const MICROS: f64 = 1e6;

/// What the calls of a contestant cost, round by round.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Warm {
    /// Whose calls.
    pub name: &'static str,
    /// The median time from event to answer, in microseconds.
    pub p50_us: Vec<f64>,
    /// The time that one call in a hundred exceeds, in microseconds.
    pub p99_us: Vec<f64>,
    /// CPU time for each call, in microseconds.
    pub cpu_us: Vec<f64>,
    /// The most memory of an instance, in MiB.
    pub peak_mib: f64,
}

/// Has one lane of each contestant serve `calls` requests in each of `rounds` rounds, in turn.
///
/// # Errors
///
/// See [`DriveError`].
pub async fn measure(
    contestants: &[Contestant],
    rounds: u32,
    calls: u32,
) -> Result<Vec<Warm>, DriveError> {
    let mut lanes = Vec::with_capacity(contestants.len());
    for contestant in contestants {
        let result = Warm {
            name: contestant.name,
            ..Warm::default()
        };
        lanes.push((Lane::start(contestant).await?, result));
    }
    for _ in 0..rounds {
        for (lane, result) in &mut lanes {
            round(lane, calls, result).await?;
        }
    }
    Ok(lanes.into_iter().map(|(_, result)| result).collect())
}

async fn round(lane: &mut Lane<'_>, calls: u32, result: &mut Warm) -> Result<(), DriveError> {
    let before = lane.used()?;
    let mut times = Vec::with_capacity(calls as usize);
    for _ in 0..calls {
        let (_, elapsed) = lane.call().await?;
        times.push(elapsed.as_secs_f64() * MICROS);
    }
    let after = lane.used()?;
    times.sort_by(f64::total_cmp);
    result.p50_us.push(quantile(&times, 0.5));
    result.p99_us.push(quantile(&times, 0.99));
    let cpu = after.cpu.saturating_sub(before.cpu).as_secs_f64();
    result.cpu_us.push(cpu * MICROS / f64::from(calls.max(1)));
    result.peak_mib = mib(after.peak_bytes);
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a process is smaller than 2^53 bytes"
)]
pub(super) fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1_u32 << 20)
}
