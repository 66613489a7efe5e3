//! How many calls several instances serve in a second.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use serde::Serialize;

use super::{Contestant, Lane};
use crate::lambda::DriveError;

/// Calls per second of a contestant, round by round.
#[derive(Debug, Clone, Serialize)]
pub struct Throughput {
    /// Whose calls.
    pub name: &'static str,
    /// How many instances of each of its programs.
    pub instances: usize,
    /// Calls per second.
    pub per_second: Vec<f64>,
}

/// Keeps `instances` lanes of each contestant busy for `seconds` in each of `rounds` rounds, in turn.
///
/// # Errors
///
/// See [`DriveError`].
pub async fn measure(
    contestants: &[Contestant],
    instances: usize,
    rounds: u32,
    seconds: f64,
) -> Result<Vec<Throughput>, DriveError> {
    let mut all = Vec::with_capacity(contestants.len());
    for contestant in contestants {
        let mut lanes = Vec::with_capacity(instances);
        for _ in 0..instances {
            lanes.push(Lane::start(contestant).await?);
        }
        let result = Throughput {
            name: contestant.name,
            instances,
            per_second: Vec::new(),
        };
        all.push((lanes, result));
    }
    for _ in 0..rounds {
        for (lanes, result) in &mut all {
            result.per_second.push(round(lanes, seconds).await?);
        }
    }
    Ok(all.into_iter().map(|(_, result)| result).collect())
}

async fn round(lanes: &mut [Lane<'_>], seconds: f64) -> Result<f64, DriveError> {
    let start = Instant::now();
    let end = start + Duration::from_secs_f64(seconds);
    let served = try_join_all(lanes.iter_mut().map(|lane| serve(lane, end))).await?;
    Ok(served.iter().sum::<f64>() / start.elapsed().as_secs_f64())
}

async fn serve(lane: &mut Lane<'_>, end: Instant) -> Result<f64, DriveError> {
    let mut served = 0.0;
    while Instant::now() < end {
        lane.call().await?;
        served += 1.0;
    }
    Ok(served)
}
