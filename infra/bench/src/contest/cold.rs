//! How long a program takes from nothing.

use std::time::Duration;

use serde::Serialize;

use super::Step;
use super::warm::mib;
use crate::lambda::{DriveError, Instance};

/// Milliseconds in a second.
const MILLIS: f64 = 1e3;

/// The cold starts of a program.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Cold {
    /// Which program.
    pub name: &'static str,
    /// From the start of the process until it asked for an event, in milliseconds.
    pub to_next_ms: Vec<f64>,
    /// CPU time until then, in milliseconds.
    pub to_next_cpu_ms: Vec<f64>,
    /// From the start of the process until the first answer, in milliseconds.
    pub to_answer_ms: Vec<f64>,
    /// CPU time until then, in milliseconds.
    pub to_answer_cpu_ms: Vec<f64>,
    /// The most memory until then, in MiB.
    pub peak_mib: Vec<f64>,
}

/// Starts each program `starts` times, in turn, and has it answer one event.
///
/// # Errors
///
/// See [`DriveError`].
pub async fn measure(steps: &[&Step], starts: u32) -> Result<Vec<Cold>, DriveError> {
    let of = |step: &&Step| Cold {
        name: step.program.name,
        ..Cold::default()
    };
    let mut results: Vec<Cold> = steps.iter().map(of).collect();
    for _ in 0..starts {
        for (step, result) in steps.iter().zip(&mut results) {
            start(step, result).await?;
        }
    }
    Ok(results)
}

async fn start(step: &Step, result: &mut Cold) -> Result<(), DriveError> {
    let millis = |time: Duration| time.as_secs_f64() * MILLIS;
    let mut instance = Instance::start(&step.program).await?;
    let asked = instance.used()?;
    result.to_next_ms.push(millis(instance.to_first_next()));
    result.to_next_cpu_ms.push(millis(asked.cpu));
    let Some(event) = step.events.first() else {
        return Ok(());
    };
    let (_, took) = instance.invoke(event).await?;
    let answered = instance.used()?;
    let to_answer = instance.to_first_next() + took;
    result.to_answer_ms.push(millis(to_answer));
    result.to_answer_cpu_ms.push(millis(answered.cpu));
    result.peak_mib.push(mib(answered.peak_bytes));
    Ok(())
}
