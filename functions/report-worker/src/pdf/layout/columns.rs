//! How the width of the page is divided into columns.

use crate::{
    pdf::units::times,
    report::{Align, Column, Width},
};

/// Between a column's edge and its text, in points.
const CELL_PADDING: f64 = 5.0;
/// The narrowest column: in table text the widest letter of the fonts, of 2.84 em, has room in it.
const WIDTH_MIN: f64 = 36.0;
const SHARE_MAX: f64 = 1000.0;
/// What a column that takes its share should have at least: two or three words.
const SHARE_WIDTH_WANTED: f64 = 90.0;

/// A column in its place, in points.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColumnBox {
    pub(super) left: f64,
    pub(super) width: f64,
    pub(super) align: Align,
}

impl ColumnBox {
    /// Where text begins that is read from left to right.
    pub(super) fn text_left(&self) -> f64 {
        self.left + CELL_PADDING
    }

    /// Where figures end, and where text begins that is read from right to left.
    pub(super) fn text_right(&self) -> f64 {
        self.left + self.width - CELL_PADDING
    }

    /// The width that text has.
    pub(super) fn text_width(&self) -> f64 {
        self.width - 2.0 * CELL_PADDING
    }
}

/// Places columns from `left` on so that they fill `total`.
///
/// Each has the least width; fixed columns get what they ask for beyond it, or as much of it as there
/// is; the rest is shared by weight, or evenly where no column asks for a share.
pub(super) fn place(columns: &[Column], left: f64, total: f64) -> Vec<ColumnBox> {
    let number = times(columns.len());
    let spare = (total - WIDTH_MIN * number).max(0.0);
    let asked: f64 = columns.iter().map(|column| points(column.width)).sum();
    let granted = if asked > spare { spare / asked } else { 1.0 };
    let rest = spare - asked * granted;
    let weights: f64 = columns.iter().map(|column| weight(column.width)).sum();

    let mut left = left;
    columns
        .iter()
        .map(|column| {
            let shared = if weights > 0.0 {
                rest * weight(column.width) / weights
            } else {
                rest / number
            };
            let placed = ColumnBox {
                left,
                width: WIDTH_MIN + points(column.width) * granted + shared,
                align: column.align,
            };
            left += placed.width;
            placed
        })
        .collect()
}

/// How wide a page would have to be for all columns to be read well, in points.
pub(super) fn width_wanted(columns: &[Column]) -> f64 {
    columns
        .iter()
        .map(|column| match column.width {
            Width::Points(_) => WIDTH_MIN + points(column.width),
            Width::Share(_) => SHARE_WIDTH_WANTED,
        })
        .sum()
}

/// What a fixed column asks for beyond the least width.
fn points(width: Width) -> f64 {
    match width {
        Width::Points(points) if points.is_finite() => (points - WIDTH_MIN).clamp(0.0, 10_000.0),
        Width::Points(_) | Width::Share(_) => 0.0,
    }
}

fn weight(width: Width) -> f64 {
    match width {
        Width::Share(share) if share.is_finite() => share.clamp(1.0 / SHARE_MAX, SHARE_MAX),
        Width::Share(_) => 1.0,
        Width::Points(_) => 0.0,
    }
}
