//! A line of text in its place.

use std::rc::Rc;

use crate::{
    pdf::{
        canvas::Canvas,
        text::{Line, Style},
    },
    theme::Paper,
};

/// A line of text in its place.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    line: Rc<Line>,
    style: Style,
    x: f64,
    baseline: f64,
    anchor: Anchor,
}

#[derive(Debug, Clone, Copy)]
enum Anchor {
    Left,
    Right,
    Center,
}

impl Placed {
    /// A line that begins at `x`.
    pub(super) fn from_left(line: Rc<Line>, style: Style, x: f64, baseline: f64) -> Self {
        Self {
            line,
            style,
            x,
            baseline,
            anchor: Anchor::Left,
        }
    }

    /// A line across the page, from the margin at which it begins to be read.
    pub(super) fn across(line: Rc<Line>, style: Style, paper: &Paper, baseline: f64) -> Self {
        match line.goes_left() {
            true => Self::from_right(line, style, paper.right(), baseline),
            false => Self::from_left(line, style, paper.side, baseline),
        }
    }

    /// A line that ends at `x`.
    pub(super) fn from_right(line: Rc<Line>, style: Style, x: f64, baseline: f64) -> Self {
        Self {
            anchor: Anchor::Right,
            ..Self::from_left(line, style, x, baseline)
        }
    }

    /// A line with its middle at `x`.
    pub(super) fn centered(line: Rc<Line>, style: Style, x: f64, baseline: f64) -> Self {
        Self {
            anchor: Anchor::Center,
            ..Self::from_left(line, style, x, baseline)
        }
    }

    /// Whether there is nothing to draw.
    pub(super) fn is_empty(&self) -> bool {
        self.line.text.is_empty()
    }

    pub(super) fn draw(&self, canvas: &mut Canvas) {
        match self.anchor {
            Anchor::Left => canvas.text(&self.line, self.style, self.x, self.baseline),
            Anchor::Right => canvas.text_before(&self.line, self.style, self.x, self.baseline),
            Anchor::Center => canvas.text_around(&self.line, self.style, self.x, self.baseline),
        }
    }
}
