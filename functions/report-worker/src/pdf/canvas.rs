//! Draws on a page: filled shapes and lines of text, as operators of a content stream.
//!
//! Coordinates are in points from the page's upper left corner; PDF's own start at the lower left.

mod glyphs;
mod paths;

pub(crate) use paths::{LOGO_RESOURCE, Ring, Stroke};

use crate::theme::Color;

use super::{
    fonts::{FaceId, GlyphUse, PerFace},
    text::{Line, Style},
    units::points,
    writer::{put_component, put_real, put_uint},
};

/// A rectangle in points from the page's upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rect {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// A page being drawn, and the glyphs used on all of them.
pub(crate) struct Canvas {
    content: Vec<u8>,
    page_height: f64,
    fill: Option<Color>,
    font: Option<(FaceId, f64)>,
    used: PerFace<GlyphUse>,
}

impl Canvas {
    pub(crate) fn new(page_height: f64) -> Self {
        Self {
            content: Vec::new(),
            page_height,
            fill: None,
            font: None,
            used: PerFace::default(),
        }
    }

    /// The finished page's content; the next page begins empty.
    pub(crate) fn take_content(&mut self) -> Vec<u8> {
        self.fill = None;
        self.font = None;
        std::mem::take(&mut self.content)
    }

    /// Gives the memory of a written page back.
    pub(crate) fn give_back(&mut self, mut content: Vec<u8>) {
        content.clear();
        self.content = content;
    }

    /// The glyphs of a face that were drawn.
    pub(crate) fn used(&self, face: FaceId) -> &GlyphUse {
        self.used.get(face)
    }

    /// Begins content that a structure element owns (ISO 32000-1, 14.6).
    pub(crate) fn begin_marked(&mut self, role: &str, number: u32) {
        self.raw(b"/");
        self.raw(role.as_bytes());
        self.raw(b"<</MCID ");
        put_uint(&mut self.content, u64::from(number));
        self.raw(b">>BDC\n");
    }

    /// Begins content that is decoration and not read out (ISO 32000-1, 14.8.2.2).
    pub(crate) fn begin_artifact(&mut self) {
        self.raw(b"/Artifact BMC\n");
    }

    /// Ends what was begun last.
    pub(crate) fn end_marked(&mut self) {
        self.raw(b"EMC\n");
    }

    /// Fills a rectangle.
    pub(crate) fn fill(&mut self, rect: Rect, color: Color) {
        self.fill_all([rect], color);
    }

    /// Fills rectangles as one path.
    pub(crate) fn fill_all(&mut self, rects: impl IntoIterator<Item = Rect>, color: Color) {
        let mut rects = rects.into_iter().peekable();
        if rects.peek().is_none() {
            return;
        }
        self.color(color);
        for rect in rects {
            let y = self.page_height - rect.y - rect.height;
            self.operator(&[rect.x, y, rect.width, rect.height], b"re\n");
        }
        self.raw(b"f\n");
    }

    /// Draws a line of text that begins at `x`.
    pub(crate) fn text(&mut self, line: &Line, style: Style, x: f64, baseline: f64) {
        self.color(style.color);
        for part in line.parts() {
            self.raw(b"BT");
            self.font(part.face, style.size);
            self.raw(b" ");
            let left = x + points(part.left, style.size);
            self.operator(&[left, self.page_height - baseline], b"Td");
            let text = line.text.get(part.start..).unwrap_or_default();
            let used = self.used.get_mut(part.face);
            glyphs::show(&mut self.content, &part, text, style.size, used);
            self.raw(b" ET\n");
        }
    }

    /// Draws a line of text that ends at `right`.
    pub(crate) fn text_before(&mut self, line: &Line, style: Style, right: f64, baseline: f64) {
        self.text(
            line,
            style,
            right - points(line.width, style.size),
            baseline,
        );
    }

    /// Draws a line of text with its middle at `center`.
    pub(crate) fn text_around(&mut self, line: &Line, style: Style, center: f64, baseline: f64) {
        self.text(
            line,
            style,
            center - points(line.width, style.size) / 2.0,
            baseline,
        );
    }

    fn color(&mut self, color: Color) {
        if self.fill == Some(color) {
            return;
        }
        self.fill = Some(color);
        for component in color.components() {
            put_component(&mut self.content, component);
        }
        self.raw(b"rg\n");
    }

    fn font(&mut self, face: FaceId, size: f64) {
        if self.font == Some((face, size)) {
            return;
        }
        self.font = Some((face, size));
        self.raw(b"/");
        self.raw(face.resource().as_bytes());
        self.raw(b" ");
        self.operator(&[size], b"Tf");
    }

    fn operator(&mut self, operands: &[f64], name: &[u8]) {
        for &operand in operands {
            put_real(&mut self.content, operand);
        }
        self.raw(name);
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.content.extend_from_slice(bytes);
    }
}
