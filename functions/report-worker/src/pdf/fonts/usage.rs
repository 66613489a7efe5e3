//! Which glyphs of a font a document uses, what they mean and how wide they are.

use subsetter::GlyphRemapper;

/// The glyphs of one face that were drawn, numbered in the order of their first use.
///
/// Numbers are handed out as text is drawn, so that pages can be written before anybody knows which
/// glyphs the font has to hold in the end.
#[derive(Debug, Default)]
pub(crate) struct GlyphUse {
    numbers: GlyphRemapper,
    /// The same numbers by glyph, found without a hash; 0 for those not in use.
    known: Vec<u16>,
    glyphs: Vec<UsedGlyph>,
}

/// A glyph that was drawn.
#[derive(Debug, Clone, Default)]
pub(crate) struct UsedGlyph {
    pub(crate) advance: i16,
    /// The text that the glyph stands for wherever nothing else is said; `None` as long as it was
    /// drawn only together with others for one text.
    pub(crate) text: Option<Box<str>>,
}

impl GlyphUse {
    /// Takes a glyph into use and gives its number in the subset, and whether `text` is what the
    /// number stands for; where it is not, the text has to be said beside it.
    pub(crate) fn take(&mut self, glyph: u16, advance: i16, text: Option<&str>) -> (u16, bool) {
        let number = self.number(glyph);
        let index = usize::from(number);
        if self.glyphs.len() <= index {
            self.glyphs.resize(index + 1, UsedGlyph::default());
        }
        let Some(used) = self.glyphs.get_mut(index) else {
            return (number, false);
        };
        used.advance = advance;
        if used.text.is_none() {
            used.text = text.map(Box::from);
        }
        (number, text.is_some() && used.text.as_deref() == text)
    }

    fn number(&mut self, glyph: u16) -> u16 {
        let place = usize::from(glyph);
        if let Some(&number) = self.known.get(place)
            && number != 0
        {
            return number;
        }
        let number = self.numbers.remap(glyph);
        if self.known.len() <= place {
            self.known.resize(place + 1, 0);
        }
        if let Some(known) = self.known.get_mut(place) {
            *known = number;
        }
        number
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.glyphs.is_empty()
    }

    /// The glyphs by number; the first, number 0, is the font's sign for a missing glyph and never
    /// drawn.
    pub(crate) fn glyphs(&self) -> &[UsedGlyph] {
        &self.glyphs
    }

    pub(super) fn numbers(&self) -> &GlyphRemapper {
        &self.numbers
    }
}
