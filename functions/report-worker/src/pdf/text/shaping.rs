//! Shapes text into glyphs, and remembers what it shaped last.

use std::rc::Rc;

use rustc_hash::FxHashMap;
use rustybuzz::{
    BufferFlags, Direction, Script, ShapePlan, UnicodeBuffer, script, shape_with_plan,
};
use unicode_bidi::Level;

use crate::pdf::{
    error::RenderError,
    fonts::{FaceId, FontFace, FontSet, Weight},
};

use super::{
    items::{Item, items},
    line::{Glyph, Levels, Line, Run, glyphs},
    sanitize::drawable,
};

/// Lines remembered; names repeat from row to row, figures do not and are not kept.
const REMEMBERED_LINES_MAX: usize = 8192;
/// The longest text remembered, so that the memory has a bound in bytes too.
const REMEMBERED_BYTES_MAX: usize = 128;

/// How to shape each script in each face; finding out takes longer than shaping a line.
#[derive(Default)]
struct Plans(Vec<(FaceId, Direction, Option<Script>, Rc<ShapePlan>)>);

impl Plans {
    fn get(
        &mut self,
        id: FaceId,
        face: &FontFace,
        direction: Direction,
        script: Option<Script>,
    ) -> Rc<ShapePlan> {
        let mut known = self.0.iter();
        let wanted = (id, direction, script);
        if let Some((.., plan)) = known.find(|(id, way, script, _)| (*id, *way, *script) == wanted)
        {
            return Rc::clone(plan);
        }
        let plan = Rc::new(ShapePlan::new(&face.shaper, direction, script, None, &[]));
        self.0.push((id, direction, script, Rc::clone(&plan)));
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

    /// A part of a line as a line of its own, in the direction that it has in the whole, with
    /// `ending` after it.
    pub(super) fn part(
        &mut self,
        weight: Weight,
        whole: &Line,
        start: usize,
        end: usize,
        ending: &str,
    ) -> Rc<Line> {
        let text = whole.text.get(start..end).unwrap_or_default();
        let start = start + text.len() - text.trim_start().len();
        let text = text.trim();
        let Some(levels) = &whole.levels else {
            if ending.is_empty() {
                return self.line(weight, text);
            }
            return self.line(weight, &format!("{text}{ending}"));
        };
        let mut levels = levels.part(start..start + text.len());
        let mut bytes = levels.bytes.into_vec();
        bytes.resize(bytes.len() + ending.len(), levels.base);
        levels.bytes = bytes.into();
        let text = format!("{text}{ending}");
        Rc::new(self.set(weight, &text, Some(levels)))
    }

    fn remembered(&mut self, weight: Weight) -> &mut FxHashMap<Box<str>, Rc<Line>> {
        match weight {
            Weight::Regular => &mut self.regular,
            Weight::Bold => &mut self.bold,
        }
    }

    /// Whether a text is figures that fit this width in thousandths of an em: most cells are, and to
    /// measure them takes no line.
    pub(crate) fn are_fitting_figures(&self, weight: Weight, text: &str, width: i32) -> bool {
        let Some(face) = self.figure_face(weight, text) else {
            return false;
        };
        let advance = |character| {
            let glyph = face.figure(character)?;
            Some(i32::from(glyph.advance))
        };
        let whole: Option<i32> = text.chars().map(advance).sum();
        whole.is_some_and(|whole| whole <= width)
    }

    /// The face of figures, if the text is nothing else.
    fn figure_face(&self, weight: Weight, text: &str) -> Option<&FontFace> {
        if text.len() > REMEMBERED_BYTES_MAX || !text.chars().all(is_figure) {
            return None;
        }
        self.fonts.face(FaceId::main(weight))
    }

    /// Sets figures without the shaper: they are not kerned, so that they stand in columns.
    fn figures(&self, weight: Weight, text: &str) -> Option<Line> {
        let face = self.figure_face(weight, text)?;
        let mut start = 0_u16;
        let glyphs = text.chars().map(|character| {
            let end = start + u16::try_from(character.len_utf8()).unwrap_or(1);
            let glyph = Glyph::plain(face.figure(character)?, start, end);
            start = end;
            Some(glyph)
        });
        let glyphs = glyphs.collect::<Option<_>>()?;
        let run = Run::of(FaceId::main(weight), 0, Level::ltr(), glyphs);
        Some(Line::of(text.into(), vec![run], None))
    }

    fn shape(&mut self, weight: Weight, text: &str) -> Line {
        let text = drawable(text, |letter| self.fonts.face_of(weight, letter));
        let levels = Levels::of(&text);
        self.set(weight, &text, levels)
    }

    /// Sets a text that can be drawn as it is.
    fn set(&mut self, weight: Weight, text: &str, levels: Option<Levels>) -> Line {
        let items = items(text, weight, &self.fonts, levels.as_ref());
        let runs = items.into_iter().map(|item| self.run(text, item));
        Line::of(text.into(), runs.collect(), levels)
    }

    fn run(&mut self, text: &str, item: Item) -> Run {
        let Item {
            face: id,
            level,
            range,
        } = item;
        let Some(face) = self.fonts.face(id) else {
            return Run::of(id, range.start, level, Vec::new());
        };
        let text = text.get(range.clone()).unwrap_or_default();
        let direction = match level.is_rtl() {
            true => Direction::RightToLeft,
            false => Direction::LeftToRight,
        };
        let mut buffer = self.buffer.take().unwrap_or_default();
        buffer.push_str(text);
        buffer.set_direction(direction);
        // A joiner has done its work once the letters are chosen; its glyph would be a space.
        buffer.set_flags(BufferFlags::REMOVE_DEFAULT_IGNORABLES);
        buffer.guess_segment_properties();
        let script = Some(buffer.script()).filter(|&script| script != script::UNKNOWN);
        let plan = self.plans.get(id, face, direction, script);
        let shaped = shape_with_plan(&face.shaper, &plan, buffer);
        let glyphs = glyphs(&shaped, face, text.len(), level);
        self.buffer = Some(shaped.clear());
        Run::of(id, range.start, level, glyphs)
    }
}

/// Whether a character belongs to figures: digits, and what stands between and around them.
fn is_figure(character: char) -> bool {
    matches!(
        character,
        '0'..='9' | '.' | ',' | '-' | '+' | '%' | ':' | ' ' | '\'' | '’' | '\u{a0}' | '\u{202f}'
    )
}
