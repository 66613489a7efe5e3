//! Shows a run of glyphs: kerning, raised marks, and the text that glyphs stand for.

use crate::pdf::{
    fonts::GlyphUse,
    text::{Glyph, Part},
    units::points,
    writer::{put_hex_text, put_real},
};

/// Appends the operators that show a part of a run, inside a text object whose font is set.
pub(super) fn show(out: &mut Vec<u8>, part: &Part<'_>, text: &str, size: f64, used: &mut GlyphUse) {
    let mut show = Show {
        out,
        size,
        open: false,
        owed: 0,
        rise: 0,
    };
    if part.is_reversed {
        show.out.extend_from_slice(b"/ReversedChars BMC");
    }
    for cluster in part.glyphs.chunk_by(|one, next| one.start == next.start) {
        show.cluster(cluster, text, used);
    }
    show.close();
    if part.is_reversed {
        show.out.extend_from_slice(b" EMC");
    }
    show.rise_to(0);
}

struct Show<'o> {
    out: &'o mut Vec<u8>,
    size: f64,
    /// Whether a string of an array of strings is open.
    open: bool,
    /// How far the next glyph has to move to the left, in thousandths of an em.
    owed: i32,
    /// How far glyphs are raised, in thousandths of an em.
    rise: i16,
}

impl Show<'_> {
    /// Shows glyphs that stand for one piece of text together.
    fn cluster(&mut self, glyphs: &[Glyph], text: &str, used: &mut GlyphUse) {
        let Some(first) = glyphs.first() else {
            return;
        };
        let meaning = text
            .get(usize::from(first.start)..usize::from(first.end))
            .unwrap_or_default();
        if let [glyph] = glyphs {
            let (number, says_it) = used.take(glyph.id, glyph.natural, Some(meaning));
            if says_it {
                return self.glyph(*glyph, number);
            }
        }
        self.spelled(glyphs, meaning, used);
    }

    /// Shows glyphs that do not say by themselves what they mean here (ISO 32000-1, 14.9.4).
    fn spelled(&mut self, glyphs: &[Glyph], meaning: &str, used: &mut GlyphUse) {
        self.close();
        self.out.extend_from_slice(b"/Span<</ActualText");
        put_hex_text(self.out, meaning);
        self.out.extend_from_slice(b">>BDC");
        for glyph in glyphs {
            let (number, _) = used.take(glyph.id, glyph.natural, None);
            self.glyph(*glyph, number);
        }
        self.close();
        self.out.extend_from_slice(b" EMC");
    }

    fn glyph(&mut self, glyph: Glyph, number: u16) {
        self.rise_to(glyph.dy);
        let left = self.owed - i32::from(glyph.dx);
        if !self.open {
            self.out.push(b'[');
        } else if left != 0 {
            self.out.push(b')');
        }
        if left != 0 {
            put_real(self.out, f64::from(left));
        }
        if !self.open || left != 0 {
            self.out.push(b'(');
        }
        self.open = true;
        for byte in number.to_be_bytes() {
            match byte {
                b'(' | b')' | b'\\' => self.out.extend_from_slice(&[b'\\', byte]),
                // A bare carriage return in a string is read as a line feed.
                b'\r' => self.out.extend_from_slice(b"\\r"),
                _ => self.out.push(byte),
            }
        }
        self.owed = i32::from(glyph.natural) - i32::from(glyph.advance) + i32::from(glyph.dx);
    }

    fn rise_to(&mut self, rise: i16) {
        if self.rise == rise {
            return;
        }
        self.close();
        self.rise = rise;
        self.out.push(b' ');
        put_real(self.out, points(i32::from(rise), self.size));
        self.out.extend_from_slice(b"Ts");
    }

    fn close(&mut self) {
        if self.open {
            self.out.extend_from_slice(b")]TJ");
            self.open = false;
        }
    }
}
