//! Makes a text safe to draw, whatever is in it.
//!
//! PDF/A and PDF/UA forbid glyphs that are missing or mean nothing, and a reader must not be shown
//! another text than the one that is stored. So controls, private and unassigned meanings and
//! characters without a glyph become U+FFFD, and characters that draw nothing but reorder or hide
//! others are taken out.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

/// The most bytes of a text that is set at all, before it is wrapped or cut to its room.
const TEXT_BYTES_MAX: usize = 4096;
/// A letter and three marks; more would climb into the line above.
const CHARACTERS_PER_GRAPHEME_MAX: usize = 4;
const REPLACEMENT: char = '\u{fffd}';
/// What a mark stands on that has no letter, so that it does not reach into what is on its left.
const MARK_HOLDER: char = '\u{25cc}';

/// The text as a font can draw it that covers what `covers` says.
pub(super) fn drawable(text: &str, covers: impl Fn(char) -> bool) -> Cow<'_, str> {
    let text = bounded(text, TEXT_BYTES_MAX);
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text;
    }
    let clean = replaced(&text);
    let mut drawn = String::with_capacity(clean.len() + MARK_HOLDER.len_utf8());
    if clean
        .chars()
        .next()
        .is_some_and(|first| is_mark(first) && covers(first))
    {
        drawn.push(MARK_HOLDER);
    }
    for grapheme in clean.graphemes(true) {
        if !grapheme.chars().all(&covers) {
            drawn.push(REPLACEMENT);
            continue;
        }
        drawn.extend(grapheme.chars().take(CHARACTERS_PER_GRAPHEME_MAX));
        if grapheme.chars().nth(CHARACTERS_PER_GRAPHEME_MAX).is_some() {
            drawn.push(REPLACEMENT);
        }
    }
    Cow::Owned(drawn)
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

/// Joiners, bidirectional controls, variation selectors, tags, fillers (Unicode's
/// `Default_Ignorable_Code_Point`). The scripts shipped so far need none of them to be read.
fn draws_nothing(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
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
