//! The fonts a report is set in, embedded in the program.
//!
//! A font is parsed when the first letter is drawn that needs it: a report in Latin letters touches
//! one eighth of the bytes.

mod catalogue;
mod embed;
mod usage;

pub(crate) use catalogue::{FaceId, PerFace};
pub(crate) use embed::embed;
pub(crate) use usage::GlyphUse;

use std::cell::OnceCell;

use rustybuzz::{Face, ttf_parser::GlyphId};

use super::error::RenderError;

/// What figures may have between their digits beyond ASCII: the separators of thousands.
const FIGURE_SIGNS: [char; 3] = ['\u{a0}', '\u{202f}', '’'];

/// How heavy a text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// All faces, each parsed at its first use.
pub(crate) struct FontSet {
    faces: PerFace<OnceCell<Option<FontFace>>>,
}

/// One parsed font.
pub(crate) struct FontFace {
    pub(crate) name: &'static str,
    pub(crate) data: &'static [u8],
    pub(crate) shaper: Face<'static>,
    ascii: Vec<Option<PlainGlyph>>,
    signs: [Option<PlainGlyph>; FIGURE_SIGNS.len()],
}

/// A glyph as it stands without shaping.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlainGlyph {
    pub(crate) id: u16,
    pub(crate) advance: i16,
}

impl FontSet {
    /// Parses the fonts that every report needs; fails when they cannot be.
    pub(crate) fn load() -> Result<Self, RenderError> {
        let set = Self {
            faces: PerFace::default(),
        };
        for weight in [Weight::Regular, Weight::Bold] {
            set.needed(FaceId::main(weight))?;
        }
        Ok(set)
    }

    /// The face; `None` when its file cannot be parsed, and then it draws no letter.
    pub(crate) fn face(&self, id: FaceId) -> Option<&FontFace> {
        let parse = || {
            let (name, data) = id.source();
            FontFace::parse(name, data)
        };
        self.faces.get(id).get_or_init(parse).as_ref()
    }

    /// The face, or why there is none.
    pub(crate) fn needed(&self, id: FaceId) -> Result<&FontFace, RenderError> {
        self.face(id).ok_or_else(|| RenderError::Font {
            font: id.source().0,
            reason: "not a font".to_owned(),
        })
    }

    /// The face that draws all of a letter: a base and its marks, or a sequence of emoji.
    ///
    /// What joins or varies a letter and draws nothing by itself needs no glyph.
    pub(crate) fn face_of(&self, weight: Weight, letter: &str) -> Option<FaceId> {
        let mut drawn = letter.chars().filter(|&character| !is_joiner(character));
        let has = |id: FaceId, character| self.face(id).is_some_and(|face| face.covers(character));
        let shown_as_emoji = letter.contains(EMOJI_STYLE);
        if shown_as_emoji && drawn.clone().all(|character| has(FaceId::Emoji, character)) {
            return Some(FaceId::Emoji);
        }
        FaceId::stack(weight)
            .into_iter()
            .find(|&id| drawn.clone().all(|character| has(id, character)))
            .filter(|_| drawn.next().is_some())
    }
}

impl FontFace {
    fn parse(name: &'static str, data: &'static [u8]) -> Option<Self> {
        let shaper = Face::from_slice(data, 0)?;
        let mut face = Self {
            name,
            data,
            shaper,
            ascii: Vec::new(),
            signs: [None; FIGURE_SIGNS.len()],
        };
        face.ascii = (0..128_u8)
            .map(|byte| face.plain(char::from(byte)))
            .collect();
        face.signs = FIGURE_SIGNS.map(|sign| face.plain(sign));
        Some(face)
    }

    /// Whether the font can draw the character.
    pub(crate) fn covers(&self, character: char) -> bool {
        self.shaper.glyph_index(character).is_some()
    }

    /// The glyph of a character that figures are made of.
    pub(crate) fn figure(&self, character: char) -> Option<PlainGlyph> {
        if character.is_ascii() {
            let index = usize::try_from(u32::from(character)).ok()?;
            return self.ascii.get(index).copied().flatten();
        }
        let index = FIGURE_SIGNS.iter().position(|&sign| sign == character)?;
        self.signs.get(index).copied().flatten()
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

/// Asks for the picture of a character that also has a plain form (Unicode, emoji presentation).
const EMOJI_STYLE: char = '\u{fe0f}';

/// Whether a character only joins, parts or varies others.
pub(crate) fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}' | EMOJI_STYLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_font_can_be_used() {
        let fonts = FontSet::load().unwrap();
        for id in FaceId::ALL {
            assert!(fonts.needed(id).is_ok(), "{id:?}");
        }
    }

    #[test]
    fn a_report_in_latin_letters_parses_no_other_font() {
        let fonts = FontSet::load().unwrap();
        let parsed = |fonts: &FontSet| {
            let is_parsed = |id: &FaceId| fonts.faces.get(*id).get().is_some();
            FaceId::ALL.into_iter().filter(is_parsed).count()
        };
        fonts.face_of(Weight::Regular, "Ж").unwrap();
        assert_eq!(parsed(&fonts), 2);
        fonts.face_of(Weight::Regular, "ش").unwrap();
        assert_eq!(parsed(&fonts), 3);
    }

    #[test]
    fn a_letter_is_drawn_by_one_face() {
        let fonts = FontSet::load().unwrap();
        for (letter, face) in [
            ("a\u{301}", Some(FaceId::SansRegular)),
            ("ش\u{64e}", Some(FaceId::ArabicRegular)),
            ("שׁ", Some(FaceId::HebrewRegular)),
            ("東", Some(FaceId::Han)),
            ("데", Some(FaceId::Hangul)),
            ("🚀", Some(FaceId::Emoji)),
            ("1\u{fe0f}\u{20e3}", Some(FaceId::Emoji)),
            ("東\u{64e}", None),
            ("\u{e000}", None),
            ("\u{200d}", None),
        ] {
            assert_eq!(fonts.face_of(Weight::Regular, letter), face, "{letter:?}");
        }
    }
}
