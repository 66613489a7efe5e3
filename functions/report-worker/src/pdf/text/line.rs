//! A text as glyphs, on one line.

use rustybuzz::{GlyphBuffer, GlyphInfo, GlyphPosition};
use unicode_bidi::{BidiInfo, Level};

use crate::pdf::fonts::{FaceId, FontFace, PlainGlyph};

/// A text as glyphs, on one line.
#[derive(Debug)]
pub(crate) struct Line {
    /// The text as it is drawn, in the order in which it is read.
    pub(crate) text: Box<str>,
    /// Its parts in the order in which they are read.
    pub(crate) runs: Vec<Run>,
    /// Its width in thousandths of an em.
    pub(crate) width: i32,
    /// The direction of each byte; `None` where everything goes from left to right.
    pub(super) levels: Option<Levels>,
}

/// A part of a line in one face and one direction.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) face: FaceId,
    /// The byte of the line's text at which the run's own text begins.
    pub(crate) start: usize,
    /// From left to right.
    pub(crate) glyphs: Vec<Glyph>,
    /// From the line's left edge, in thousandths of an em.
    pub(crate) left: i32,
    /// In thousandths of an em.
    pub(crate) width: i32,
    /// The run's direction (UAX #9).
    pub(super) level: Level,
}

/// A glyph in its place; lengths in thousandths of an em.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Glyph {
    pub(crate) id: u16,
    /// From this glyph to the next.
    pub(crate) advance: i16,
    /// The same as the font has it.
    pub(crate) natural: i16,
    pub(crate) dx: i16,
    pub(crate) dy: i16,
    /// The bytes of the run's text that the glyph, or it and its neighbours, stand for.
    pub(crate) start: u16,
    pub(crate) end: u16,
}

/// The directions of a paragraph (UAX #9).
#[derive(Debug, Clone)]
pub(super) struct Levels {
    /// One per byte.
    pub(super) bytes: Box<[Level]>,
    pub(super) base: Level,
}

impl Levels {
    /// The directions of a text that has letters of both; `None` when it has not.
    pub(super) fn of(text: &str) -> Option<Self> {
        if !text.chars().any(may_go_left) {
            return None;
        }
        let found = BidiInfo::new(text, None);
        let base = found.paragraphs.first()?.level;
        Some(Self {
            bytes: found.levels.into_boxed_slice(),
            base,
        })
    }

    /// Those of a part.
    pub(super) fn part(&self, range: std::ops::Range<usize>) -> Self {
        Self {
            bytes: self.bytes.get(range).unwrap_or_default().into(),
            base: self.base,
        }
    }
}

/// Whether a character may stand in a line from right to left: in the blocks of such scripts.
fn may_go_left(character: char) -> bool {
    matches!(
        character,
        '\u{590}'..='\u{8ff}'
            | '\u{fb1d}'..='\u{fdff}'
            | '\u{fe70}'..='\u{feff}'
            | '\u{10800}'..='\u{10fff}'
            | '\u{1e800}'..='\u{1efff}'
    )
}

impl Line {
    /// A line of these parts, in the order in which they are read.
    pub(super) fn of(text: Box<str>, mut runs: Vec<Run>, levels: Option<Levels>) -> Self {
        let mut width = 0;
        let mut place = |run: &mut Run| {
            run.left = width;
            width += run.width;
        };
        if levels.is_some() {
            for index in visual_order(&runs) {
                runs.get_mut(index).into_iter().for_each(&mut place);
            }
        } else {
            runs.iter_mut().for_each(place);
        }
        Self {
            text,
            runs,
            width,
            levels,
        }
    }

    /// Whether the line is read from right to left, so that it begins at the right.
    pub(crate) fn goes_left(&self) -> bool {
        self.levels
            .as_ref()
            .is_some_and(|levels| levels.base.is_rtl())
    }
}

/// The runs from left to right, by their places in the text (UAX #9, L2).
fn visual_order(runs: &[Run]) -> Vec<usize> {
    let levels: Vec<Level> = runs.iter().map(|run| run.level).collect();
    BidiInfo::reorder_visual(&levels)
}

impl Run {
    pub(super) fn of(face: FaceId, start: usize, level: Level, glyphs: Vec<Glyph>) -> Self {
        let width = glyphs.iter().map(|glyph| i32::from(glyph.advance)).sum();
        Self {
            face,
            start,
            glyphs,
            left: 0,
            width,
            level,
        }
    }

    /// The glyphs in the order in which they are read: where each begins, and its width.
    pub(super) fn advances(&self) -> impl Iterator<Item = (usize, i32)> {
        let length = self.glyphs.len();
        let reversed = self.level.is_rtl();
        (0..length).filter_map(move |index| {
            let index = if reversed { length - 1 - index } else { index };
            let glyph = self.glyphs.get(index)?;
            Some((
                self.start + usize::from(glyph.start),
                i32::from(glyph.advance),
            ))
        })
    }
}

impl Glyph {
    pub(super) fn plain(glyph: PlainGlyph, start: u16, end: u16) -> Self {
        Self {
            id: glyph.id,
            advance: glyph.advance,
            natural: glyph.advance,
            dx: 0,
            dy: 0,
            start,
            end,
        }
    }

    fn shaped(info: &GlyphInfo, position: &GlyphPosition, end: u16, face: &FontFace) -> Self {
        let id = u16::try_from(info.glyph_id).unwrap_or(0);
        Self {
            id,
            advance: face.per_mille(position.x_advance),
            natural: face.natural_advance(id),
            dx: face.per_mille(position.x_offset),
            dy: face.per_mille(position.y_offset),
            start: u16::try_from(info.cluster).unwrap_or(u16::MAX),
            end,
        }
    }
}

/// The shaper's output from left to right, each glyph with the end of its cluster.
pub(super) fn glyphs(
    shaped: &GlyphBuffer,
    face: &FontFace,
    length: usize,
    level: Level,
) -> Vec<Glyph> {
    let mut end = u16::try_from(length).unwrap_or(u16::MAX);
    let mut later = u16::MAX;
    // Against the reading order clusters only shrink, so each ends where the one before began.
    let with_end = |(info, position): (&GlyphInfo, &GlyphPosition)| {
        let start = u16::try_from(info.cluster).unwrap_or(u16::MAX);
        if later != u16::MAX && start != later {
            end = later;
        }
        later = start;
        Glyph::shaped(info, position, end, face)
    };
    let pairs = shaped.glyph_infos().iter().zip(shaped.glyph_positions());
    if level.is_rtl() {
        return pairs.map(with_end).collect();
    }
    let mut glyphs: Vec<Glyph> = pairs.rev().map(with_end).collect();
    glyphs.reverse();
    glyphs
}
