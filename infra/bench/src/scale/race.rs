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

/// Measures both sides by turns: a call of one, two of the other, one of the first, and so on. Whatever
/// slows the machine for longer than a call slows both. Each draws the same numbers as the other.
pub(super) async fn run(
    what: Difference,
    sides: &[Side<'_>; 2],
    size: Size,
) -> Result<Scaling, ScaleError> {
    let [first, _] = sides;
    let mut random = [Random::new(SEED), Random::new(SEED)];
    round(sides, first.at_most(WARM_UP_CALLS), &mut random).await?;
    let (rounds, calls) = match what {
        Difference::RowSecurity => (size.policy_rounds, size.policy_calls),
        _ => (size.rounds, size.calls),
    };
    let (mut first_us, mut second_us) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let medians = round(sides, first.at_most(calls), &mut random).await?;
        first_us.push(medians[0]);
        second_us.push(medians[1]);
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

/// The median times of `calls` calls of each side, in microseconds.
async fn round(
    sides: &[Side<'_>; 2],
    calls: u32,
    random: &mut [Random; 2],
) -> Result<[f64; 2], ScaleError> {
    let [first, second] = sides;
    let [of_first, of_second] = random;
    let mut times = [Vec::new(), Vec::new()];
    let [first_us, second_us] = &mut times;
    for call in 0..calls {
        // Who comes first alternates as well.
        if call % 2 == 0 {
            first_us.push(us(first, of_first).await?);
            second_us.push(us(second, of_second).await?);
        } else {
            second_us.push(us(second, of_second).await?);
            first_us.push(us(first, of_first).await?);
        }
    }
    Ok(times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        quantile(&times, 0.5)
    }))
}

async fn us(side: &Side<'_>, random: &mut Random) -> Result<f64, ScaleError> {
    let begun = Instant::now();
    side.make(random).await?;
    Ok(begun.elapsed().as_secs_f64() * 1e6)
}
