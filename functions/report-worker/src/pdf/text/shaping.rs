//! Shapes text into glyphs, and remembers what it shaped last.

use std::rc::Rc;

use rustc_hash::FxHashMap;
use rustybuzz::{
    Direction, GlyphBuffer, GlyphInfo, GlyphPosition, Script, ShapePlan, UnicodeBuffer, script,
    shape_with_plan,
};

use crate::pdf::{
    error::RenderError,
    fonts::{FaceId, FontFace, FontSet, PlainGlyph, Weight},
};

use super::sanitize::drawable;

/// Lines remembered; names repeat from row to row, figures do not and are not kept.
const REMEMBERED_LINES_MAX: usize = 8192;
/// The longest text remembered, so that the memory has a bound in bytes too.
const REMEMBERED_BYTES_MAX: usize = 128;

/// A text as glyphs, on one line.
#[derive(Debug)]
pub(crate) struct Line {
    /// The text as it is drawn.
    pub(crate) text: Box<str>,
    /// Its parts from left to right.
    pub(crate) runs: Vec<Run>,
    /// Its width in thousandths of an em.
    pub(crate) width: i32,
}

/// A part of a line in one face.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) face: FaceId,
    /// The byte of the line's text at which the run's own text begins.
    pub(crate) start: usize,
    pub(crate) glyphs: Vec<Glyph>,
    /// In thousandths of an em.
    pub(crate) width: i32,
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

/// How to shape each script in each face; finding out takes longer than shaping a line.
#[derive(Default)]
struct Plans(Vec<(FaceId, Option<Script>, Rc<ShapePlan>)>);

impl Plans {
    fn get(&mut self, id: FaceId, face: &FontFace, script: Option<Script>) -> Rc<ShapePlan> {
        let mut known = self.0.iter();
        if let Some((_, _, plan)) = known.find(|(face, known, _)| (*face, *known) == (id, script)) {
            return Rc::clone(plan);
        }
        let plan = ShapePlan::new(&face.shaper, Direction::LeftToRight, script, None, &[]);
        let plan = Rc::new(plan);
        self.0.push((id, script, Rc::clone(&plan)));
        plan
    }
}

/// Sets text in the report's fonts.
pub(crate) struct Typesetter {
    fonts: FontSet,
    plans: Plans,
    buffer: Option<UnicodeBuffer>,
    regular: FxHashMap<Box<str>, Rc<Line>>,
    bold: FxHashMap<Box<str>, Rc<Line>>,
}

impl Typesetter {
    pub(crate) fn new() -> Result<Self, RenderError> {
        Ok(Self {
            fonts: FontSet::load()?,
            plans: Plans::default(),
            buffer: None,
            regular: FxHashMap::default(),
            bold: FxHashMap::default(),
        })
    }

    pub(crate) fn fonts(&self) -> &FontSet {
        &self.fonts
    }

    /// The text on one line, however long.
    pub(crate) fn line(&mut self, weight: Weight, text: &str) -> Rc<Line> {
        if let Some(figures) = self.figures(weight, text) {
            return Rc::new(figures);
        }
        if text.len() > REMEMBERED_BYTES_MAX {
            return Rc::new(self.shape(weight, text));
        }
        if let Some(line) = self.remembered(weight).get(text) {
            return Rc::clone(line);
        }
        let line = Rc::new(self.shape(weight, text));
        let remembered = self.remembered(weight);
        if remembered.len() >= REMEMBERED_LINES_MAX {
            remembered.clear();
        }
        remembered.insert(text.into(), Rc::clone(&line));
        line
    }

    fn remembered(&mut self, weight: Weight) -> &mut FxHashMap<Box<str>, Rc<Line>> {
        match weight {
            Weight::Regular => &mut self.regular,
            Weight::Bold => &mut self.bold,
        }
    }

    /// Sets figures without the shaper: they are not kerned, so that they stand in columns.
    fn figures(&self, weight: Weight, text: &str) -> Option<Line> {
        let is_figure = |byte| {
            matches!(
                byte,
                b'0'..=b'9' | b'.' | b',' | b'-' | b'+' | b'%' | b':' | b' '
            )
        };
        if !text.bytes().all(is_figure) || text.len() > REMEMBERED_BYTES_MAX {
            return None;
        }
        let id = FontSet::face_for(weight);
        let face = self.fonts.face(id);
        let glyphs = (0_u16..)
            .zip(text.bytes())
            .map(|(start, byte)| face.ascii(byte).map(|glyph| Glyph::plain(glyph, start)))
            .collect::<Option<Vec<_>>>()?;
        Some(Line::of(text.into(), id, glyphs))
    }

    fn shape(&mut self, weight: Weight, text: &str) -> Line {
        let id = FontSet::face_for(weight);
        let face = self.fonts.face(id);
        let text = drawable(text, |character| face.covers(character));

        let mut buffer = self.buffer.take().unwrap_or_default();
        buffer.push_str(&text);
        buffer.set_direction(Direction::LeftToRight);
        buffer.guess_segment_properties();
        let script = Some(buffer.script()).filter(|&script| script != script::UNKNOWN);
        let plan = self.plans.get(id, face, script);
        let shaped = shape_with_plan(&face.shaper, &plan, buffer);
        let glyphs = glyphs(&shaped, face, text.len());
        self.buffer = Some(shaped.clear());
        Line::of(text.into(), id, glyphs)
    }
}

impl Line {
    fn of(text: Box<str>, face: FaceId, glyphs: Vec<Glyph>) -> Self {
        let width = glyphs.iter().map(|glyph| i32::from(glyph.advance)).sum();
        let run = Run {
            face,
            start: 0,
            glyphs,
            width,
        };
        Self {
            text,
            runs: vec![run],
            width,
        }
    }
}

impl Glyph {
    fn plain(glyph: PlainGlyph, start: u16) -> Self {
        Self {
            id: glyph.id,
            advance: glyph.advance,
            natural: glyph.advance,
            dx: 0,
            dy: 0,
            start,
            end: start + 1,
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

/// The shaper's output, each glyph with the end of its cluster.
fn glyphs(shaped: &GlyphBuffer, face: &FontFace, length: usize) -> Vec<Glyph> {
    let infos = shaped.glyph_infos();
    let mut end = u16::try_from(length).unwrap_or(u16::MAX);
    let mut later = u16::MAX;
    let mut glyphs: Vec<Glyph> = infos
        .iter()
        .zip(shaped.glyph_positions())
        .rev()
        .map(|(info, position)| {
            // From left to right clusters only grow, so each ends where the next one begins.
            let start = u16::try_from(info.cluster).unwrap_or(u16::MAX);
            if later != u16::MAX && start != later {
                end = later;
            }
            later = start;
            Glyph::shaped(info, position, end, face)
        })
        .collect();
    glyphs.reverse();
    glyphs
}
