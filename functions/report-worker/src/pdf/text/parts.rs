//! A line as it goes into a page: in parts that follow each other as they are read.
//!
//! A run from left to right is one part. In one from right to left each word is one, so that the words
//! can be written in the order in which they are read, and only the letters of each stand in reverse
//! (ISO 32000-1, 14.8.2.3.3).

use super::{Glyph, Line, Run};
use crate::pdf::fonts::FaceId;

/// Glyphs that are drawn as one text object.
pub(crate) struct Part<'l> {
    pub(crate) face: FaceId,
    /// The byte of the line's text to which the glyphs' own places are relative.
    pub(crate) start: usize,
    /// From left to right.
    pub(crate) glyphs: &'l [Glyph],
    /// From the line's left edge, in thousandths of an em.
    pub(crate) left: i32,
    /// Whether the glyphs are letters that are read from right to left.
    pub(crate) is_reversed: bool,
}

/// One part, or several.
enum Parts<'l> {
    Whole(Option<Part<'l>>),
    Words(std::vec::IntoIter<Part<'l>>),
}

impl<'l> Iterator for Parts<'l> {
    type Item = Part<'l>;

    fn next(&mut self) -> Option<Part<'l>> {
        match self {
            Self::Whole(part) => part.take(),
            Self::Words(parts) => parts.next(),
        }
    }
}

impl Line {
    /// The line's parts in the order in which they are read.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.runs.iter().flat_map(|run| {
            if run.level.is_rtl() {
                let text = self.text.get(run.start..).unwrap_or_default();
                Parts::Words(words(run, text).into_iter())
            } else {
                Parts::Whole(whole(run))
            }
        })
    }
}

fn whole(run: &Run) -> Option<Part<'_>> {
    (!run.glyphs.is_empty()).then_some(Part {
        face: run.face,
        start: run.start,
        glyphs: &run.glyphs,
        left: run.left,
        is_reversed: false,
    })
}

fn words<'l>(run: &'l Run, text: &str) -> Vec<Part<'l>> {
    let is_letter = |glyph: &Glyph| {
        text.get(usize::from(glyph.start)..)
            .and_then(|rest| rest.chars().next())
            .is_some_and(char::is_alphabetic)
    };
    let mut left = run.left;
    let mut parts: Vec<Part<'l>> = run
        .glyphs
        .chunk_by(|one, next| is_letter(one) == is_letter(next))
        .map(|glyphs| {
            let part = Part {
                face: run.face,
                start: run.start,
                glyphs,
                left,
                is_reversed: glyphs.first().is_some_and(is_letter),
            };
            let width: i32 = glyphs.iter().map(|glyph| i32::from(glyph.advance)).sum();
            left += width;
            part
        })
        .collect();
    parts.reverse();
    parts
}
