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
/// What stands for the rest of a text.
const ELLIPSIS: &str = "…";

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
        self.shortened_line(weight, whole, width)
    }

    /// The line itself, or as much of it as goes into `width` thousandths of an em.
    pub(super) fn shortened_line(
        &mut self,
        weight: Weight,
        whole: Rc<Line>,
        width: i32,
    ) -> Rc<Line> {
        if whole.width <= width {
            return whole;
        }
        let ellipsis = self.line(weight, ELLIPSIS);
        let stops = stops(&whole);
        let mut taken = fitting(&stops, Stop::START, width - ellipsis.width);
        while let Some(index) = taken.checked_sub(1) {
            let end = stops.get(index).map_or(0, |stop| stop.at);
            let line = self.part(weight, &whole, 0, end, ELLIPSIS);
            if line.width <= width {
                return line;
            }
            taken = index;
        }
        ellipsis
    }
}
