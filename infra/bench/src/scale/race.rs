//! One statement on two sides, by turns.

use std::time::Instant;

use super::calls::{Call, Doors};
use super::place::Place;
use super::{Grown, ScaleError, Scaling, Size};
use crate::simulate::random::Random;
use crate::stats::{Spread, quantile};

/// Calls of each side before times are taken: enough for its connection to have seen most blocks.
const WARM_UP_CALLS: u32 = 1_000;
/// Drawing is the same in every run.
const SEED: u64 = 20_260_214;

/// Measures `call` with few and with a hundred times more.
pub(super) async fn run(
    call: Call,
    what: Grown,
    sides: [(&Doors, Place); 2],
    size: Size,
) -> Result<Scaling, ScaleError> {
    let mut random = Random::new(SEED);
    for side in sides {
        let calls = call.at_most(WARM_UP_CALLS);
        median_us(call, side, calls, &mut random).await?;
    }
    let calls = call.at_most(size.calls);
    let [few, many] = sides;
    let (mut few_us, mut many_us) = (Vec::new(), Vec::new());
    for round in 0..size.rounds {
        // Who comes first alternates as well.
        if round % 2 == 0 {
            few_us.push(median_us(call, few, calls, &mut random).await?);
            many_us.push(median_us(call, many, calls, &mut random).await?);
        } else {
            many_us.push(median_us(call, many, calls, &mut random).await?);
            few_us.push(median_us(call, few, calls, &mut random).await?);
        }
    }
    let ratio = Spread::of_ratios(&many_us, &few_us);
    Ok(Scaling {
        name: call.name(),
        what,
        control: call.is_control(),
        few_us: Spread::of(few_us).median,
        many_us: Spread::of(many_us).median,
        ratio,
    })
}

async fn median_us(
    call: Call,
    (doors, place): (&Doors, Place),
    calls: u32,
    random: &mut Random,
) -> Result<f64, ScaleError> {
    let mut times = Vec::with_capacity(calls as usize);
    for _ in 0..calls {
        let drawn = place.draw(random);
        let begun = Instant::now();
        call.make(doors, drawn).await?;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok(quantile(&times, 0.5))
}
