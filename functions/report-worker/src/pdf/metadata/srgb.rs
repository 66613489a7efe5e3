//! An ICC profile of sRGB, made here in half a kilobyte (ICC.1:2022, version 4).
//!
//! PDF/A wants the colour space of the page in the file. Primaries are those of IEC 61966-2-1,
//! adapted to the profile connection space's white, D50, by Bradford's method.

use crate::pdf::units::count;

/// A number as ICC writes it, in 65,536ths.
type Fixed = i32;

const HEADER_BYTES: u32 = 128;
const TAG_ENTRY_BYTES: u32 = 12;
const VERSION_4_2: u32 = 0x0420_0000;
/// 0.9642, 1, 0.8249.
const D50: [Fixed; 3] = [0xF6D6, 0x1_0000, 0xD32D];
const RED: [Fixed; 3] = [0x6FA3, 0x38F6, 0x0391];
const GREEN: [Fixed; 3] = [0x6294, 0xB785, 0x18DC];
const BLUE: [Fixed; 3] = [0x24A1, 0x0F85, 0xB6D4];
/// From D65, sRGB's white, to D50.
const ADAPTATION: [Fixed; 9] = [
    0x1_0C3D, 0x05DC, -0x0CD5, 0x0790, 0xFD90, -0x045D, -0x025D, 0x03DA, 0xC08C,
];
/// The transfer curve's exponent 2.4 and its factors 1/1.055, 0.055/1.055, 1/12.92, 0.04045.
const CURVE: [Fixed; 5] = [0x2_6666, 0xF2A7, 0x0D59, 0x13D0, 0x0A5B];
/// The function of ICC.1 10.18 that is a line near black and a power above it.
const CURVE_FUNCTION: u16 = 3;

/// The profile.
pub(super) fn profile() -> Vec<u8> {
    let curve = curve();
    let tags: [([u8; 4], Vec<u8>); 7] = [
        (*b"desc", text("sRGB")),
        (*b"cprt", text("No copyright, use freely")),
        (*b"wtpt", numbers(*b"XYZ ", &D50)),
        (*b"chad", numbers(*b"sf32", &ADAPTATION)),
        (*b"rXYZ", numbers(*b"XYZ ", &RED)),
        (*b"gXYZ", numbers(*b"XYZ ", &GREEN)),
        (*b"bXYZ", numbers(*b"XYZ ", &BLUE)),
    ];
    let curve_names = [*b"rTRC", *b"gTRC", *b"bTRC"];
    let entries = length(tags.len() + curve_names.len());

    let mut table = entries.to_be_bytes().to_vec();
    let mut data = Vec::new();
    let data_start = HEADER_BYTES + 4 + entries * TAG_ENTRY_BYTES;
    for (name, body) in &tags {
        put_entry(&mut table, *name, data_start + length(data.len()), body);
        data.extend_from_slice(body);
    }
    // The three channels share one curve.
    for name in curve_names {
        put_entry(&mut table, name, data_start + length(data.len()), &curve);
    }
    data.extend_from_slice(&curve);

    let mut profile = header(data_start + length(data.len()));
    profile.extend_from_slice(&table);
    profile.extend_from_slice(&data);
    profile
}

/// ICC.1, 7.2: a display's profile, from RGB to XYZ, perceptual.
fn header(size: u32) -> Vec<u8> {
    const NONE: [u8; 4] = [0; 4];
    let mut header = Vec::new();
    header.extend_from_slice(&size.to_be_bytes());
    header.extend_from_slice(&NONE);
    header.extend_from_slice(&VERSION_4_2.to_be_bytes());
    header.extend_from_slice(b"mntrRGB XYZ ");
    for part in [2026_u16, 1, 1, 0, 0, 0] {
        header.extend_from_slice(&part.to_be_bytes());
    }
    header.extend_from_slice(b"acsp");
    // Platform, flags, manufacturer, model, attributes (8 bytes), intent.
    header.extend_from_slice(&NONE.repeat(7));
    put_numbers(&mut header, &D50);
    header.resize(128, 0);
    header
}

fn put_entry(table: &mut Vec<u8>, name: [u8; 4], offset: u32, body: &[u8]) {
    table.extend_from_slice(&name);
    table.extend_from_slice(&offset.to_be_bytes());
    table.extend_from_slice(&length(body.len()).to_be_bytes());
}

/// ICC.1, 10.15: one text in American English.
fn text(text: &str) -> Vec<u8> {
    const TEXT_OFFSET: u32 = 28;
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut body = b"mluc\0\0\0\0".to_vec();
    for part in [1, TAG_ENTRY_BYTES] {
        body.extend_from_slice(&part.to_be_bytes());
    }
    body.extend_from_slice(b"enUS");
    body.extend_from_slice(&length(units.len()).to_be_bytes());
    body.extend_from_slice(&TEXT_OFFSET.to_be_bytes());
    body.extend_from_slice(&units);
    aligned(body)
}

fn curve() -> Vec<u8> {
    let mut body = b"para\0\0\0\0".to_vec();
    body.extend_from_slice(&CURVE_FUNCTION.to_be_bytes());
    body.extend_from_slice(&[0; 2]);
    put_numbers(&mut body, &CURVE);
    body
}

fn numbers(kind: [u8; 4], values: &[Fixed]) -> Vec<u8> {
    let mut body = kind.to_vec();
    body.extend_from_slice(&[0; 4]);
    put_numbers(&mut body, values);
    body
}

fn put_numbers(out: &mut Vec<u8>, values: &[Fixed]) {
    for value in values {
        out.extend_from_slice(&value.to_be_bytes());
    }
}

/// Tags begin at multiples of four.
fn aligned(mut body: Vec<u8>) -> Vec<u8> {
    body.resize(body.len().next_multiple_of(4), 0);
    body
}

fn length(bytes: usize) -> u32 {
    count(bytes)
}
