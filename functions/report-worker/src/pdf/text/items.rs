//! Divides a text into parts that are each set in one face and one direction.

use std::ops::Range;

use unicode_bidi::Level;
use unicode_segmentation::UnicodeSegmentation;

use crate::pdf::fonts::{FaceId, FontSet, Weight};

use super::line::Levels;

/// A part of a text in one face and one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) face: FaceId,
    pub(super) level: Level,
    pub(super) range: Range<usize>,
}

/// The parts of a text, in the order in which they are read.
pub(super) fn items(
    text: &str,
    weight: Weight,
    fonts: &FontSet,
    levels: Option<&Levels>,
) -> Vec<Item> {
    let mut items = Items {
        found: Vec::new(),
        weight,
        fonts,
        levels,
    };
    for (start, letter) in text.grapheme_indices(true) {
        match fonts.face_of(weight, letter) {
            Some(face) => items.add(start, letter, face),
            // Two letters that were told apart before one of them was replaced.
            None => items.add_apart(start, letter),
        }
    }
    items.found
}

struct Items<'i> {
    found: Vec<Item>,
    weight: Weight,
    fonts: &'i FontSet,
    levels: Option<&'i Levels>,
}

impl Items<'_> {
    fn add(&mut self, start: usize, letter: &str, face: FaceId) {
        let level = self
            .levels
            .and_then(|levels| levels.bytes.get(start).copied())
            .unwrap_or(Level::ltr());
        let end = start + letter.len();
        if let Some(last) = self.found.last_mut()
            && last.level == level
            && (last.face == face || stays(last.face, letter, self.fonts))
        {
            last.range.end = end;
            return;
        }
        self.found.push(Item {
            face,
            level,
            range: start..end,
        });
    }

    fn add_apart(&mut self, start: usize, letter: &str) {
        for (offset, character) in letter.char_indices() {
            let letter = character.encode_utf8(&mut [0; 4]).to_owned();
            let face = self.fonts.face_of(self.weight, &letter);
            self.add(
                start + offset,
                &letter,
                face.unwrap_or(FaceId::main(self.weight)),
            );
        }
    }
}

/// Whether a space or sign belongs to the letters before it.
fn stays(face: FaceId, letter: &str, fonts: &FontSet) -> bool {
    let is_neutral =
        |character: char| character.is_whitespace() || character.is_ascii_punctuation();
    face.keeps_neutrals()
        && letter.chars().all(is_neutral)
        && fonts
            .face(face)
            .is_some_and(|font| letter.chars().all(|character| font.covers(character)))
}
