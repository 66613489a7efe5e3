//! The only conversions between lengths, counts and integers that could lose something.
//!
//! Text is measured in thousandths of an em (the unit of PDF fonts) as integers, the page in points
//! as `f64`.

/// The nearest integer; a value beyond any page becomes the largest there is a use for.
#[expect(
    clippy::cast_possible_truncation,
    reason = "clamped to a range that i64 holds exactly; NaN becomes 0"
)]
pub(crate) fn rounded(value: f64) -> i64 {
    const FARTHEST: f64 = 1e12;
    value.clamp(-FARTHEST, FARTHEST).round() as i64
}

/// How many thousandths of an em of this type size go into a length in points, rounded down.
pub(crate) fn per_mille(points: f64, size: f64) -> i32 {
    i32::try_from(rounded((points / size * 1000.0).floor())).unwrap_or(i32::MAX)
}

/// A length in thousandths of an em of this type size, in points.
pub(crate) fn points(per_mille: i32, size: f64) -> f64 {
    f64::from(per_mille) * size / 1000.0
}

/// A number of things; no list here comes near the largest.
pub(crate) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// A number of things, as a factor of lengths.
pub(crate) fn times(length: usize) -> f64 {
    f64::from(count(length))
}
