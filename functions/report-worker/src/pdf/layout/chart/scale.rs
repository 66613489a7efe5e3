//! The value axis of a chart: round numbers that enclose the values.

/// About how many steps an axis has.
const STEPS: f64 = 4.0;
const TICKS_MAX: u32 = 12;
/// Values beyond are drawn as this, so that no sum of them overflows.
const VALUE_MAX: f64 = 1e15;
/// The smallest step; finer differences are not seen on paper.
const STEP_MIN: f64 = 1e-6;
/// Enough to reach from [`STEP_MIN`] to [`VALUE_MAX`].
const MAGNITUDES_MAX: i32 = 24;
const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];

/// The value axis of a chart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    step: f64,
}

impl Scale {
    /// An axis with zero and all the values on it.
    pub(super) fn over(values: impl Iterator<Item = f64> + Clone) -> Self {
        let values = values.map(drawn);
        let whole = values.clone().all(|value| value.fract() == 0.0);
        let (low, high) = values.fold((0.0_f64, 0.0_f64), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        let high = if high > low { high } else { 1.0 };
        let step = round_step((high - low) / STEPS, whole);
        Self {
            low: (low / step).floor() * step,
            high: (high / step).ceil() * step,
            step,
        }
    }

    /// The round numbers on the axis, from below.
    pub(super) fn ticks(self) -> impl Iterator<Item = f64> {
        (0..TICKS_MAX)
            .map(move |index| self.low + f64::from(index) * self.step)
            .take_while(move |tick| *tick <= self.high + self.step / 2.0)
    }

    /// Where a value is on the axis: 0 at its lower end, 1 at its upper.
    pub(super) fn part(self, value: f64) -> f64 {
        (drawn(value) - self.low) / (self.high - self.low)
    }

    /// A round number as short text, with this decimal point.
    pub(super) fn label(self, tick: f64, point: char) -> String {
        let largest = self.high.max(-self.low);
        let (unit, name) = UNITS
            .into_iter()
            .find(|(unit, _)| largest >= 10.0 * unit || (largest >= *unit && *unit > 1e3))
            .unwrap_or((1.0, ""));
        let decimals = (0..=6_u8)
            .find(|&decimals| {
                let scaled = self.step / unit * 10_f64.powi(i32::from(decimals));
                (scaled - scaled.round()).abs() < 1e-6 * scaled
            })
            .unwrap_or(6);
        let value = tick / unit;
        let name = if value == 0.0 { "" } else { name };
        let decimals = if value == 0.0 { 0 } else { decimals };
        let value = format!("{value:.*}", usize::from(decimals));
        format!(
            "{}{name}",
            value.replace('.', point.encode_utf8(&mut [0; 4]))
        )
    }
}

/// The value as it is drawn.
fn drawn(value: f64) -> f64 {
    if value.is_finite() {
        value.clamp(-VALUE_MAX, VALUE_MAX)
    } else {
        0.0
    }
}

/// The smallest of 1, 2 and 5 times a power of ten that is no smaller than `step`.
fn round_step(step: f64, whole: bool) -> f64 {
    let least = if whole { 1.0 } else { STEP_MIN };
    (0..MAGNITUDES_MAX)
        .map(|magnitude| STEP_MIN * 10_f64.powi(magnitude))
        .flat_map(|power| [power, 2.0 * power, 5.0 * power])
        .find(|round| *round >= step * (1.0 - 1e-9) && *round >= least * (1.0 - 1e-9))
        .unwrap_or(VALUE_MAX)
}
