//! Bytes as text: two lower-case hexadecimal digits for each (base16, RFC 4648, section 8).

use aws_lc_rs::digest::{SHA256, digest};

const DIGITS: [char; 16] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
];

/// The digits of `bytes`, twice as many as there are bytes.
///
/// Not for comparing secrets: how long it takes depends on what they are.
pub fn digits(bytes: &[u8]) -> String {
    let digit = |half: u8| DIGITS.get(usize::from(half & 0xf)).copied();
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
        .flatten()
        .collect()
}

/// The SHA-256 (FIPS 180-4) of `bytes` as 64 digits.
pub fn sha256(bytes: &[u8]) -> String {
    digits(digest(&SHA256, bytes).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_two_digits() {
        assert_eq!(digits(&[0x00, 0x0a, 0x7f, 0x80, 0xff]), "000a7f80ff");
        assert_eq!(digits(&[]), "");
        let all: Vec<u8> = (0..=u8::MAX).collect();
        let text = digits(&all);
        for byte in all {
            let at = 2 * usize::from(byte);
            assert_eq!(u8::from_str_radix(&text[at..at + 2], 16), Ok(byte));
        }
    }

    /// The example of FIPS 180-4.
    #[test]
    fn the_digest_is_the_published_one() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), expected);
    }
}
