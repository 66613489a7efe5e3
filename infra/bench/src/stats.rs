//! Summaries that a noisy machine does not falsify: medians, and the spread beside them.

use serde::Serialize;

/// A middle value, and how far the rounds of one run lay apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// The median of the rounds.
    pub median: f64,
    /// The lowest round.
    pub min: f64,
    /// The highest round.
    pub max: f64,
}

impl Spread {
    /// Of the rounds' values; zeros when there are none.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self {
            median: quantile(&values, 0.5),
            min: values.first().copied().unwrap_or_default(),
            max: values.last().copied().unwrap_or_default(),
        }
    }

    /// Of the quotients, round by round, so that what slowed a whole round cancels out.
    pub fn of_ratios(above: &[f64], below: &[f64]) -> Self {
        Self::of(above.iter().zip(below).map(|(a, b)| a / b).collect())
    }
}

/// The value below which the part `part` of the sorted `values` lies; 0 when there are none.
pub fn quantile(values: &[f64], part: f64) -> f64 {
    let Some(last) = values.len().checked_sub(1) else {
        return 0.0;
    };
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a position in a list that fits into memory"
    )]
    let place = (last as f64 * part).round() as usize;
    values.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_a_value_of_the_list() {
        let values: Vec<f64> = (1..=101).map(f64::from).collect();
        assert!((quantile(&values, 0.5) - 51.0).abs() < f64::EPSILON);
        assert!((quantile(&values, 0.99) - 100.0).abs() < f64::EPSILON);
        assert!(quantile(&[], 0.5).abs() < f64::EPSILON);
    }

    #[test]
    fn ratios_are_those_of_the_rounds_and_not_of_the_medians() {
        // The second round was three times as slow for both.
        let ratio = Spread::of_ratios(&[2.0, 6.0, 2.0], &[1.0, 3.0, 1.0]);
        assert!((ratio.median - 2.0).abs() < f64::EPSILON);
        assert!((ratio.max - ratio.min).abs() < f64::EPSILON);
    }
}
