//! From any text to lines of glyphs: made safe, shaped, broken to a width.

mod fitting;
mod items;
mod line;
mod parts;
mod sanitize;
mod shaping;
mod wrapping;

pub(crate) use line::{Glyph, Line, Run};
pub(crate) use parts::Part;
pub(crate) use sanitize::plain;
pub(crate) use shaping::Typesetter;

use crate::theme::Color;

use super::fonts::Weight;

/// How a text is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) weight: Weight,
    /// The type size in points.
    pub(crate) size: f64,
    pub(crate) color: Color,
}

impl Style {
    pub(crate) const fn regular(size: f64, color: Color) -> Self {
        Self {
            weight: Weight::Regular,
            size,
            color,
        }
    }

    pub(crate) const fn bold(size: f64, color: Color) -> Self {
        Self {
            weight: Weight::Bold,
            size,
            color,
        }
    }

    /// From one baseline to the next, in points.
    pub(crate) fn leading(&self) -> f64 {
        self.size * 1.25
    }

    /// From the top of a line to its baseline, so that capitals and figures stand in its middle.
    pub(crate) fn baseline(&self) -> f64 {
        const CAPITAL_EM: f64 = 0.714;
        f64::midpoint(self.leading(), CAPITAL_EM * self.size)
    }
}
