//! The fonts a report is set in, embedded in the program.
//!
//! Noto Sans covers Latin, Greek and Cyrillic. A further script is one more [`FaceId`] and its place
//! in [`FontSet::face_for`].

mod embed;
mod usage;

pub(crate) use embed::embed;
pub(crate) use usage::GlyphUse;

use rustybuzz::{Face, ttf_parser::GlyphId};

use super::error::RenderError;

static SANS_REGULAR: &[u8] = include_bytes!("../../fonts/NotoSans-Regular.ttf");
static SANS_BOLD: &[u8] = include_bytes!("../../fonts/NotoSans-Bold.ttf");

/// How heavy a text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// One font file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaceId {
    SansRegular,
    SansBold,
}

impl FaceId {
    /// Every face, in the order in which they are written.
    pub(crate) const ALL: [Self; 2] = [Self::SansRegular, Self::SansBold];

    /// The face's name among a page's resources.
    pub(crate) const fn resource(self) -> &'static str {
        match self {
            Self::SansRegular => "F0",
            Self::SansBold => "F1",
        }
    }
}

/// One value per face.
#[derive(Debug, Default)]
pub(crate) struct PerFace<T> {
    regular: T,
    bold: T,
}

impl<T> PerFace<T> {
    pub(crate) fn get(&self, face: FaceId) -> &T {
        match face {
            FaceId::SansRegular => &self.regular,
            FaceId::SansBold => &self.bold,
        }
    }

    pub(crate) fn get_mut(&mut self, face: FaceId) -> &mut T {
        match face {
            FaceId::SansRegular => &mut self.regular,
            FaceId::SansBold => &mut self.bold,
        }
    }
}

/// All faces, parsed.
pub(crate) struct FontSet {
    faces: PerFace<FontFace>,
}

/// One parsed font.
pub(crate) struct FontFace {
    pub(crate) name: &'static str,
    pub(crate) data: &'static [u8],
    pub(crate) shaper: Face<'static>,
    ascii: Vec<Option<PlainGlyph>>,
}

/// A glyph as it stands without shaping.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlainGlyph {
    pub(crate) id: u16,
    pub(crate) advance: i16,
}

impl FontSet {
    pub(crate) fn load() -> Result<Self, RenderError> {
        Ok(Self {
            faces: PerFace {
                regular: FontFace::parse("NotoSans-Regular", SANS_REGULAR)?,
                bold: FontFace::parse("NotoSans-Bold", SANS_BOLD)?,
            },
        })
    }

    pub(crate) fn face(&self, id: FaceId) -> &FontFace {
        self.faces.get(id)
    }

    /// The face that a text of this weight is set in.
    pub(crate) fn face_for(weight: Weight) -> FaceId {
        match weight {
            Weight::Regular => FaceId::SansRegular,
            Weight::Bold => FaceId::SansBold,
        }
    }
}

impl FontFace {
    fn parse(name: &'static str, data: &'static [u8]) -> Result<Self, RenderError> {
        let shaper = Face::from_slice(data, 0).ok_or_else(|| RenderError::Font {
            font: name,
            reason: "not a font".to_owned(),
        })?;
        let mut face = Self {
            name,
            data,
            shaper,
            ascii: Vec::new(),
        };
        face.ascii = (0..128_u8)
            .map(|byte| face.plain(char::from(byte)))
            .collect();
        Ok(face)
    }

    /// Whether the font can draw the character.
    pub(crate) fn covers(&self, character: char) -> bool {
        self.shaper.glyph_index(character).is_some()
    }

    /// The glyph of an ASCII character.
    pub(crate) fn ascii(&self, byte: u8) -> Option<PlainGlyph> {
        self.ascii.get(usize::from(byte)).copied().flatten()
    }

    /// The width a glyph has in the font, in thousandths of an em.
    pub(crate) fn natural_advance(&self, glyph: u16) -> i16 {
        let units = self.shaper.glyph_hor_advance(GlyphId(glyph)).unwrap_or(0);
        self.per_mille(i32::from(units))
    }

    /// A length in the font's own units, in thousandths of an em.
    pub(crate) fn per_mille(&self, units: i32) -> i16 {
        let em = self.shaper.units_per_em().max(1);
        let value = units
            .saturating_mul(1000)
            .saturating_add(em / 2)
            .div_euclid(em);
        i16::try_from(value).unwrap_or(if value < 0 { i16::MIN } else { i16::MAX })
    }

    fn plain(&self, character: char) -> Option<PlainGlyph> {
        let id = self.shaper.glyph_index(character)?.0;
        Some(PlainGlyph {
            id,
            advance: self.natural_advance(id),
        })
    }
}
