//! Two sides, by turns.

use std::time::Instant;

use super::calls::{Call, Doors};
use super::place::Place;
use super::policy::{Form, Reading};
use super::{Difference, ScaleError, Scaling, Size};
use crate::simulate::random::Random;
use crate::stats::{Spread, quantile};

/// Calls of each side before times are taken: enough for its connection to have seen most blocks.
const WARM_UP_CALLS: u32 = 1_000;
/// Drawing is the same in every run.
const SEED: u64 = 20_260_214;

/// What is called on one side, where, and for whom.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    act: Act,
    doors: &'a Doors,
    place: Place,
}

#[derive(Clone, Copy)]
enum Act {
    Product(Call),
    Reading(Reading, Form),
}

impl<'a> Side<'a> {
    /// What the product does.
    pub(super) fn product(call: Call, doors: &'a Doors, place: Place) -> Self {
        Self {
            act: Act::Product(call),
            doors,
            place,
        }
    }

    /// A statement in one of its forms.
    pub(super) fn reading(reading: Reading, form: Form, doors: &'a Doors, place: Place) -> Self {
        Self {
            act: Act::Reading(reading, form),
            doors,
            place,
        }
    }

    fn name(&self) -> &'static str {
        match self.act {
            Act::Product(call) => call.name(),
            Act::Reading(reading, _) => reading.name,
        }
    }

    fn at_most(&self, calls: u32) -> u32 {
        match self.act {
            Act::Product(call) => call.at_most(calls),
            Act::Reading(..) => calls,
        }
    }

    async fn make(&self, random: &mut Random) -> Result<(), ScaleError> {
        let drawn = self.place.draw(random);
        match self.act {
            Act::Product(call) => call.make(self.doors, drawn).await,
            Act::Reading(reading, form) => reading.make(form, self.doors, drawn).await,
        }
    }
}

/// Measures both sides by turns.
pub(super) async fn run(
    what: Difference,
    sides: &[Side<'_>; 2],
    size: Size,
) -> Result<Scaling, ScaleError> {
    let [first, second] = sides;
    let mut random = Random::new(SEED);
    for side in sides {
        let calls = side.at_most(WARM_UP_CALLS);
        median_us(side, calls, &mut random).await?;
    }
    let calls = first.at_most(size.calls);
    let (mut first_us, mut second_us) = (Vec::new(), Vec::new());
    for round in 0..size.rounds {
        // Who comes first alternates as well.
        if round % 2 == 0 {
            first_us.push(median_us(first, calls, &mut random).await?);
            second_us.push(median_us(second, calls, &mut random).await?);
        } else {
            second_us.push(median_us(second, calls, &mut random).await?);
            first_us.push(median_us(first, calls, &mut random).await?);
        }
    }
    let ratio = Spread::of_ratios(&second_us, &first_us);
    Ok(Scaling {
        name: first.name(),
        what,
        control: matches!(first.act, Act::Product(call) if call.is_control()),
        first_us: Spread::of(first_us).median,
        second_us: Spread::of(second_us).median,
        ratio,
    })
}

async fn median_us(side: &Side<'_>, calls: u32, random: &mut Random) -> Result<f64, ScaleError> {
    let mut times = Vec::with_capacity(calls as usize);
    for _ in 0..calls {
        let begun = Instant::now();
        side.make(random).await?;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok(quantile(&times, 0.5))
}
