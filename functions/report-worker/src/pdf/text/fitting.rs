//! Makes a text fit one line: by an ellipsis, or by a smaller type size.

use std::rc::Rc;

use crate::pdf::{
    fonts::Weight,
    units::{per_mille, points},
};

use super::{
    Line, Style, Typesetter,
    wrapping::{Stop, fitting, stops},
};

/// How much smaller each try of a type size is, in points.
const SHRINK_STEP: f64 = 0.5;

impl Typesetter {
    /// The text on one line of at most `width` points, cut where it has to be.
    pub(crate) fn fit(&mut self, style: Style, text: &str, width: f64) -> Rc<Line> {
        self.shortened(style.weight, text, per_mille(width, style.size))
    }

    /// The text on one line of at most `width` points, first smaller, then cut.
    pub(crate) fn shrink(
        &mut self,
        mut style: Style,
        size_min: f64,
        text: &str,
        width: f64,
    ) -> (Rc<Line>, Style) {
        let line = self.line(style.weight, text);
        while points(line.width, style.size) > width && style.size > size_min {
            style.size = (style.size - SHRINK_STEP).max(size_min);
        }
        (self.fit(style, text, width), style)
    }

    /// The text on one line of at most `width` thousandths of an em; cut text ends in an ellipsis.
    pub(super) fn shortened(&mut self, weight: Weight, text: &str, width: i32) -> Rc<Line> {
        let whole = self.line(weight, text);
        if whole.width <= width {
            return whole;
        }
        let ellipsis = self.line(weight, "…");
        let stops = stops(&whole);
        let mut taken = fitting(&stops, Stop::START, width - ellipsis.width);
        while let Some(index) = taken.checked_sub(1) {
            let end = stops.get(index).map_or(0, |stop| stop.at);
            let kept = whole.text.get(..end).unwrap_or_default().trim_end();
            let line = self.line(weight, &format!("{kept}…"));
            if line.width <= width {
                return line;
            }
            taken = index;
        }
        ellipsis
    }
}
