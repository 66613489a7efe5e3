//! Who is measured, and what one call of each consists of.

pub mod cold;
pub mod http;
pub mod throughput;
pub mod warm;

use std::time::Duration;

use axum::body::Bytes;

use crate::lambda::{DriveError, Instance, Program, Used};

/// One way to serve a request: the programs that it passes through, one after the other.
#[derive(Debug, Clone)]
pub struct Contestant {
    /// Its name, for people.
    pub name: &'static str,
    /// The programs, each with the events that it is given in turn.
    pub steps: Vec<Step>,
}

/// A program and its events: one for each tenant.
#[derive(Debug, Clone)]
pub struct Step {
    /// The program.
    pub program: Program,
    /// What it is given, in turn.
    pub events: Vec<Bytes>,
}

/// One running instance of each program of a contestant.
pub struct Lane<'a> {
    instances: Vec<(Instance, &'a Step)>,
    turn: usize,
}

impl<'a> Lane<'a> {
    /// Starts the instances, and has each serve every event once, so that it is warm.
    ///
    /// # Errors
    ///
    /// See [`DriveError`].
    pub async fn start(contestant: &'a Contestant) -> Result<Self, DriveError> {
        let mut instances = Vec::with_capacity(contestant.steps.len());
        for step in &contestant.steps {
            instances.push((Instance::start(&step.program).await?, step));
        }
        let mut lane = Self { instances, turn: 0 };
        let events = contestant.steps.first().map_or(0, |step| step.events.len());
        for _ in 0..events {
            lane.call().await?;
        }
        Ok(lane)
    }

    /// Serves the next request: its answer, and the time that the programs took together.
    ///
    /// # Errors
    ///
    /// See [`DriveError`].
    pub async fn call(&mut self) -> Result<(Bytes, Duration), DriveError> {
        let turn = self.turn;
        self.turn += 1;
        let (mut last, mut elapsed) = (Bytes::new(), Duration::ZERO);
        for (instance, step) in &mut self.instances {
            let events = step.events.iter().cycle();
            let event = events.clone().nth(turn % step.events.len().max(1));
            let Some(event) = event else { continue };
            let (answer, took) = instance.invoke(event).await?;
            elapsed += took;
            last = answer;
        }
        Ok((last, elapsed))
    }

    /// What the instances have used together; of memory, what the largest has.
    ///
    /// # Errors
    ///
    /// See [`DriveError`].
    pub fn used(&self) -> Result<Used, DriveError> {
        let mut sum = Used {
            cpu: Duration::ZERO,
            peak_bytes: 0,
        };
        for (instance, _) in &self.instances {
            let used = instance.used()?;
            sum.cpu += used.cpu;
            sum.peak_bytes = sum.peak_bytes.max(used.peak_bytes);
        }
        Ok(sum)
    }
}
