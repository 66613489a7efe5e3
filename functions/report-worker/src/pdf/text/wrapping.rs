//! Breaks a text into lines that fit a width.
//!
//! Breaks stand where Unicode allows them (UAX #14); a word that is wider than the whole line is cut
//! between letters, so that nothing ever reaches into the next column.

use std::rc::Rc;

use unicode_linebreak::linebreaks;
use unicode_segmentation::UnicodeSegmentation;

use crate::pdf::fonts::Weight;

use super::{Line, Run, Typesetter};

/// What is shown for a letter that is wider than the whole line.
const STAND_IN: &str = "\u{fffd}";

/// A place between two letters, and the widths up to there in thousandths of an em.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    /// The byte of the text at which the next letter begins.
    pub(super) at: usize,
    /// The width of everything before.
    pub(super) width: i32,
    /// The same without the spaces right before.
    pub(super) ink: i32,
    /// Whether a line may end here.
    pub(super) breaks: bool,
}

impl Typesetter {
    /// The text in lines at most `width` thousandths of an em wide, the last of at most `lines_max`
    /// ending in an ellipsis when there was more.
    pub(crate) fn wrap(
        &mut self,
        weight: Weight,
        text: &str,
        width: i32,
        lines_max: usize,
        lines: &mut Vec<Rc<Line>>,
    ) {
        lines.clear();
        let whole = self.line(weight, text);
        if whole.width <= width {
            lines.push(whole);
            return;
        }
        let all = stops(&whole);
        let (mut from, mut left) = (Stop::START, all.as_slice());
        while !left.is_empty() {
            if lines.len() + 1 >= lines_max {
                let rest = self.part(weight, &whole, from.at, whole.text.len(), "");
                lines.push(self.shortened_line(weight, rest, width));
                return;
            }
            let (line, taken) = self.fill(weight, &whole, from, left, width);
            lines.push(line);
            let (done, rest) = left.split_at(taken.min(left.len()));
            from = done.last().copied().unwrap_or(from);
            left = rest;
        }
    }

    /// The line that begins at `from`, and how many of the stops after it are in it, at least one.
    fn fill(
        &mut self,
        weight: Weight,
        whole: &Line,
        from: Stop,
        stops: &[Stop],
        width: i32,
    ) -> (Rc<Line>, usize) {
        let mut reached = fitting(stops, from, width).max(1);
        loop {
            let taken = stops
                .iter()
                .take(reached)
                .rposition(|stop| stop.breaks)
                .map_or(reached, |index| index + 1);
            let end = stops
                .get(taken - 1)
                .map_or(whole.text.len(), |stop| stop.at);
            let line = self.part(weight, whole, from.at, end, "");
            if line.width <= width {
                return (line, taken);
            }
            if taken == 1 {
                // One sign can be as wide as a sentence (U+FDFD).
                return (self.line(weight, STAND_IN), taken);
            }
            // Letters at a line's ends are shaped without their neighbours and may grow a little.
            reached = taken - 1;
        }
    }
}

impl Stop {
    pub(super) const START: Self = Self {
        at: 0,
        width: 0,
        ink: 0,
        breaks: false,
    };
}

/// How many of these stops a line of this width reaches that begins at `from`.
pub(super) fn fitting(stops: &[Stop], from: Stop, width: i32) -> usize {
    stops
        .iter()
        .take_while(|stop| stop.ink - from.width <= width)
        .count()
}

/// Every place between two letters of a line, the end included.
pub(super) fn stops(line: &Line) -> Vec<Stop> {
    let mut clusters = line.runs.iter().flat_map(Run::advances).peekable();
    let mut breaks = linebreaks(&line.text).map(|(at, _)| at).peekable();
    let (mut width, mut ink) = (0, 0);
    line.text
        .grapheme_indices(true)
        .map(|(start, grapheme)| {
            let at = start + grapheme.len();
            while let Some((_, advance)) = clusters.next_if(|(cluster, _)| *cluster < at) {
                width += advance;
            }
            if !grapheme.chars().all(char::is_whitespace) {
                ink = width;
            }
            while breaks.next_if(|place| *place < at).is_some() {}
            Stop {
                at,
                width,
                ink,
                breaks: breaks.peek() == Some(&at),
            }
        })
        .collect()
}
