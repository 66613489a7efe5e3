//! When requests come.

use crate::simulate::random::Random;

/// How requests are spread over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// At any time.
    Even,
    /// Half of them at any time, half within one second of every ten.
    Mixed,
    /// All within the last second of a calendar minute and the first of the next.
    Edge,
    /// A third in the last second of a calendar minute, the rest evenly over the next minute.
    BurstThenEven,
}

/// How long a pattern of bursts is, in microseconds.
const BURST_EVERY_US: u64 = 10_000_000;
const SECOND_US: u64 = 1_000_000;
const MINUTE_US: u64 = 60 * SECOND_US;

impl Shape {
    /// `number` requests within `secs` seconds: when they come, in microseconds from a full minute
    /// on, in order.
    pub fn arrivals(self, number: u64, secs: u64, random: &mut Random) -> Vec<u64> {
        let span_us = secs * SECOND_US;
        let mut arrivals: Vec<u64> = (0..number)
            .map(|request| match self {
                Self::Even => random.below(span_us),
                Self::Mixed if request % 2 == 0 => random.below(span_us),
                Self::Mixed => {
                    let burst = random.below(span_us / BURST_EVERY_US) * BURST_EVERY_US;
                    burst + random.below(SECOND_US)
                }
                Self::Edge => MINUTE_US - SECOND_US + random.below(2 * SECOND_US),
                Self::BurstThenEven if request % 3 == 0 => {
                    MINUTE_US - SECOND_US + random.below(SECOND_US)
                }
                Self::BurstThenEven => MINUTE_US + random.below(MINUTE_US),
            })
            .collect();
        arrivals.sort_unstable();
        arrivals
    }
}
