//! Makes a text safe to draw, whatever is in it.
//!
//! PDF/A and PDF/UA forbid glyphs that are missing or mean nothing, and a reader must not be shown
//! another text than the one that is stored. So controls, private and unassigned meanings and
//! letters without a glyph become U+FFFD, and characters that draw nothing but reorder or hide
//! others are taken out.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use crate::pdf::fonts::{FaceId, is_joiner};

/// The most bytes of a text that is set at all, before it is wrapped or cut to its room.
const TEXT_BYTES_MAX: usize = 4096;
/// A letter and three marks; more would climb into the line above.
const CHARACTERS_PER_GRAPHEME_MAX: usize = 4;
/// A family of four with their skins, the longest sequence that Unicode recommends (UTS #51).
const CHARACTERS_PER_EMOJI_MAX: usize = 11;
const REPLACEMENT: char = '\u{fffd}';
/// What a mark stands on that has no letter, so that it does not reach into what is on its left.
const MARK_HOLDER: char = '\u{25cc}';

/// The text as fonts can draw it, `face_of` saying which one draws a letter.
pub(super) fn drawable(text: &str, face_of: impl Fn(&str) -> Option<FaceId>) -> Cow<'_, str> {
    let text = bounded(text, TEXT_BYTES_MAX);
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text;
    }
    let mut clean = replaced(&text);
    if clean.chars().next().is_some_and(stands_on_nothing) {
        clean.insert(0, MARK_HOLDER);
    }
    let mut drawn = String::with_capacity(clean.len());
    for letter in clean.graphemes(true) {
        match face_of(letter) {
            Some(face) => push_letter(&mut drawn, letter, face),
            None if letter.chars().all(is_joiner) => {}
            None => drawn.push(REPLACEMENT),
        }
    }
    Cow::Owned(drawn)
}

/// Adds a letter with its marks, without the joiners that mean nothing to its face.
fn push_letter(drawn: &mut String, letter: &str, face: FaceId) {
    let characters_max = match face {
        FaceId::Emoji => CHARACTERS_PER_EMOJI_MAX,
        _ => CHARACTERS_PER_GRAPHEME_MAX,
    };
    let has_meaning = |character: &char| face.knows_joiners() || !is_joiner(*character);
    let mut characters = letter.chars().filter(has_meaning);
    drawn.extend(characters.by_ref().take(characters_max));
    if characters.next().is_some() {
        drawn.push(REPLACEMENT);
    }
}

/// Whether a text that begins with this character has nothing to draw it on.
fn stands_on_nothing(character: char) -> bool {
    !is_joiner(character) && is_mark(character)
}

/// Whether the character is drawn onto the one before it.
fn is_mark(character: char) -> bool {
    ["a", character.encode_utf8(&mut [0; 4])]
        .concat()
        .graphemes(true)
        .count()
        == 1
}

/// The text for metadata and alternative texts, which no font limits.
pub(crate) fn plain(text: &str, bytes_max: usize) -> String {
    replaced(&bounded(text, bytes_max))
}

fn bounded(text: &str, bytes_max: usize) -> Cow<'_, str> {
    if text.len() <= bytes_max {
        return Cow::Borrowed(text);
    }
    let kept = text
        .get(..text.floor_char_boundary(bytes_max))
        .unwrap_or_default();
    Cow::Owned(format!("{kept}…"))
}

fn replaced(text: &str) -> String {
    text.chars().filter_map(replacement).collect()
}

/// What stands for a character; `None` for nothing.
fn replacement(character: char) -> Option<char> {
    match character {
        '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
        _ if draws_nothing(character) => None,
        _ if means_nothing(character) => Some(REPLACEMENT),
        _ => Some(character),
    }
}

/// Bidirectional controls, most variation selectors, tags, fillers (Unicode's
/// `Default_Ignorable_Code_Point`, but what [`is_joiner`] names). The order of letters follows from the
/// letters, so that nobody can write one thing and show another.
fn draws_nothing(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0e}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Controls, private use and noncharacters.
fn means_nothing(character: char) -> bool {
    let code = u32::from(character);
    character.is_control()
        || matches!(code, 0xe000..=0xf8ff | 0xfdd0..=0xfdef | 0xf_0000..=0x10_ffff)
        || code & 0xfffe == 0xfffe
}
