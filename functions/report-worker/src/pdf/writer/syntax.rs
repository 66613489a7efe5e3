//! PDF's own syntax: numbers, names, strings, references and dictionaries (ISO 32000-1, 7.3).

use crate::pdf::units::rounded;

/// The number of an indirect object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ref(u32);

impl Ref {
    pub(super) const fn new(number: u32) -> Self {
        Self(number)
    }

    pub(super) const fn number(self) -> u32 {
        self.0
    }

    /// Appends the reference and a space after it.
    pub(crate) fn put(self, out: &mut Vec<u8>) {
        put_uint(out, u64::from(self.0));
        out.extend_from_slice(b" 0 R ");
    }
}

/// Appends an integer.
pub(crate) fn put_uint(out: &mut Vec<u8>, mut value: u64) {
    let start = out.len();
    loop {
        out.push(b'0' + u8::try_from(value % 10).unwrap_or(0));
        value /= 10;
        if value == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

/// Appends a number with at most two decimals and a space after it: a hundredth of a point is finer
/// than any printer.
pub(crate) fn put_real(out: &mut Vec<u8>, value: f64) {
    let hundredths = rounded(value * 100.0);
    if hundredths < 0 {
        out.push(b'-');
    }
    let hundredths = hundredths.unsigned_abs();
    put_uint(out, hundredths / 100);
    let fraction = hundredths % 100;
    if fraction != 0 {
        out.push(b'.');
        put_uint(out, fraction / 10);
        if !fraction.is_multiple_of(10) {
            put_uint(out, fraction % 10);
        }
    }
    out.push(b' ');
}

/// Appends a colour's component as a part of one with three decimals, finer than the 256 steps there
/// are, and a space after it.
pub(crate) fn put_component(out: &mut Vec<u8>, component: u8) {
    let thousandths = (u64::from(component) * 1000 + 127) / 255;
    put_uint(out, thousandths / 1000);
    if !thousandths.is_multiple_of(1000) {
        out.push(b'.');
        put_uint(out, thousandths / 100 % 10);
        put_uint(out, thousandths / 10 % 10);
        put_uint(out, thousandths % 10);
    }
    out.push(b' ');
}

/// Appends a text string as hexadecimal UTF-16 with its mark: no character of it can be syntax.
pub(crate) fn put_hex_text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(b"<FEFF");
    put_utf16(out, text);
    out.push(b'>');
}

/// Appends the hexadecimal digits of a text in UTF-16, big end first.
pub(crate) fn put_utf16(out: &mut Vec<u8>, text: &str) {
    for unit in text.encode_utf16() {
        put_hex(out, &unit.to_be_bytes());
    }
}

/// Appends references in brackets.
pub(super) fn put_references(out: &mut Vec<u8>, items: &[Ref]) {
    out.push(b'[');
    for &item in items {
        item.put(out);
    }
    out.push(b']');
}

fn put_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            out.push(if digit < 10 {
                b'0' + digit
            } else {
                b'A' + digit - 10
            });
        }
    }
}

/// A dictionary being written. Keys and names are the program's own, never a tenant's text.
pub(crate) struct Dict<'o> {
    out: &'o mut Vec<u8>,
}

impl<'o> Dict<'o> {
    /// Appends a dictionary to `out`.
    pub(crate) fn put(out: &'o mut Vec<u8>, fill: impl FnOnce(&mut Self)) {
        out.extend_from_slice(b"<<");
        let mut dict = Self { out };
        fill(&mut dict);
        dict.out.extend_from_slice(b">>");
    }

    pub(crate) fn name(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key);
        self.out.push(b'/');
        self.out.extend_from_slice(value.as_bytes());
        self
    }

    pub(crate) fn uint(&mut self, key: &str, value: u64) -> &mut Self {
        self.key(key);
        self.out.push(b' ');
        put_uint(self.out, value);
        self
    }

    pub(crate) fn int(&mut self, key: &str, value: i32) -> &mut Self {
        self.key(key);
        self.out.push(b' ');
        put_real(self.out, f64::from(value));
        self
    }

    pub(crate) fn flag(&mut self, key: &str, value: bool) -> &mut Self {
        self.key(key);
        self.out
            .extend_from_slice(if value { b" true" } else { b" false" });
        self
    }

    pub(crate) fn numbers(&mut self, key: &str, values: &[f64]) -> &mut Self {
        self.key(key);
        self.out.push(b'[');
        for &value in values {
            put_real(self.out, value);
        }
        self.out.push(b']');
        self
    }

    /// A text string, in any script.
    pub(crate) fn text(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key);
        put_hex_text(self.out, value);
        self
    }

    /// A string of the program's own, in ASCII without brackets and backslashes.
    pub(crate) fn ascii(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key);
        self.out.push(b'(');
        self.out.extend_from_slice(value.as_bytes());
        self.out.push(b')');
        self
    }

    /// An array of the same byte string twice, as a file identifier is.
    pub(crate) fn hex_pair(&mut self, key: &str, value: &[u8]) -> &mut Self {
        self.key(key);
        self.out.push(b'[');
        for _ in 0..2 {
            self.out.push(b'<');
            put_hex(self.out, value);
            self.out.push(b'>');
        }
        self.out.push(b']');
        self
    }

    pub(crate) fn reference(&mut self, key: &str, value: Ref) -> &mut Self {
        self.key(key);
        self.out.push(b' ');
        value.put(self.out);
        self
    }

    pub(crate) fn references(&mut self, key: &str, values: &[Ref]) -> &mut Self {
        self.key(key);
        put_references(self.out, values);
        self
    }

    /// A value that has a form of its own.
    pub(crate) fn value(&mut self, key: &str, put: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        self.key(key);
        put(self.out);
        self
    }

    pub(crate) fn dict(&mut self, key: &str, fill: impl FnOnce(&mut Dict<'_>)) -> &mut Self {
        self.key(key);
        Dict::put(self.out, fill);
        self
    }

    fn key(&mut self, key: &str) {
        self.out.push(b'/');
        self.out.extend_from_slice(key.as_bytes());
    }
}
