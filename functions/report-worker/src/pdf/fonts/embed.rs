//! Writes a font cut down to the glyphs in use (ISO 32000-1, 9.7: composite fonts).

use std::io::Write;

use aws_lc_rs::digest::{SHA256, digest};

use crate::pdf::{
    error::RenderError,
    units::count,
    writer::{Dict, Encoding, Ref, Writer, put_real, put_utf16},
};

use super::{FontFace, usage::GlyphUse};

/// Adobe's limit on the entries of one mapping operator.
const MAPPINGS_PER_BLOCK: usize = 100;
/// Stem width is a hint that no current reader needs; this is what Noto Sans measures.
const STEM_WIDTH: i32 = 80;
/// The font has glyphs beyond the standard Latin set (ISO 32000-1, table 123).
const FLAG_SYMBOLIC: u64 = 4;

/// What a glyph stands for that never stood for a text alone; every glyph has to stand for something
/// (ISO 19005-2, 6.2.11.7).
const NO_MEANING: &str = "\u{fffd}";

/// Writes `face` as the object `font`, with the glyphs in use only.
pub(crate) fn embed(
    writer: &mut Writer<'_>,
    font: Ref,
    face: &FontFace,
    used: &GlyphUse,
) -> Result<(), RenderError> {
    let data =
        subsetter::subset(face.data, 0, used.numbers()).map_err(|error| RenderError::Font {
            font: face.name,
            reason: error.to_string(),
        })?;
    let name = subset_name(face.name, &data);
    let (file, descriptor) = (writer.reserve(), writer.reserve());
    let (descendant, meanings) = (writer.reserve(), writer.reserve());

    let length = count(data.len());
    writer.stream(file, Encoding::Flate, &data, |dict| {
        dict.uint("Length1", u64::from(length));
    })?;
    writer.dict(descriptor, |dict| describe(dict, face, &name, file))?;
    writer.dict(descendant, |dict| {
        dict.name("Type", "Font")
            .name("Subtype", "CIDFontType2")
            .name("BaseFont", &name)
            .dict("CIDSystemInfo", |info| {
                info.ascii("Registry", "Adobe")
                    .ascii("Ordering", "Identity")
                    .uint("Supplement", 0);
            })
            .reference("FontDescriptor", descriptor)
            .name("CIDToGIDMap", "Identity")
            .uint("DW", 0)
            .value("W", |out| put_widths(out, face, used));
    })?;
    let mapping = unicode_mapping(used).map_err(RenderError::Output)?;
    writer.stream(meanings, Encoding::Flate, &mapping, |_dict| {})?;
    writer.dict(font, |dict| {
        dict.name("Type", "Font")
            .name("Subtype", "Type0")
            .name("BaseFont", &name)
            .name("Encoding", "Identity-H")
            .references("DescendantFonts", &[descendant])
            .reference("ToUnicode", meanings);
    })
}

/// The font's name with six letters before it that name the subset (ISO 32000-1, 9.6.4).
fn subset_name(name: &str, data: &[u8]) -> String {
    let hash = digest(&SHA256, data);
    let tag: String = hash
        .as_ref()
        .iter()
        .take(6)
        .map(|byte| char::from(b'A' + byte % 26))
        .collect();
    format!("{tag}+{name}")
}

fn describe(dict: &mut Dict<'_>, face: &FontFace, name: &str, file: Ref) {
    let metric = |units: i16| i32::from(face.per_mille(i32::from(units)));
    let shaper = &face.shaper;
    let bounds = shaper.global_bounding_box();
    let corners = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max];
    dict.name("Type", "FontDescriptor")
        .name("FontName", name)
        .uint("Flags", FLAG_SYMBOLIC)
        .numbers("FontBBox", &corners.map(|units| f64::from(metric(units))))
        .uint("ItalicAngle", 0)
        .int("Ascent", metric(shaper.ascender()))
        .int("Descent", metric(shaper.descender()))
        .int("CapHeight", metric(shaper.capital_height().unwrap_or(0)))
        .int("StemV", STEM_WIDTH)
        .reference("FontFile2", file);
}

fn put_widths(out: &mut Vec<u8>, face: &FontFace, used: &GlyphUse) {
    out.extend_from_slice(b"[0[");
    put_real(out, f64::from(face.natural_advance(0)));
    for glyph in used.glyphs().iter().skip(1) {
        put_real(out, f64::from(glyph.advance));
    }
    out.extend_from_slice(b"]]");
}

/// The text of each glyph, so that a reader can copy, search and speak it (ISO 32000-1, 9.10.3).
fn unicode_mapping(used: &GlyphUse) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    out.extend_from_slice(
        b"/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n\
        /CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n\
        /CMapName/Adobe-Identity-UCS def\n/CMapType 2 def\n\
        1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n",
    );
    let meanings: Vec<(u16, &str)> = (0_u16..)
        .zip(used.glyphs())
        .skip(1)
        .map(|(number, glyph)| (number, glyph.text.as_deref().unwrap_or(NO_MEANING)))
        .collect();
    for block in meanings.chunks(MAPPINGS_PER_BLOCK) {
        writeln!(out, "{} beginbfchar", block.len())?;
        for (number, text) in block {
            write!(out, "<{number:04X}><")?;
            put_utf16(&mut out, text);
            out.extend_from_slice(b">\n");
        }
        out.extend_from_slice(b"endbfchar\n");
    }
    out.extend_from_slice(b"endcmap\nCMapName currentdict/CMap defineresource pop\nend\nend\n");
    Ok(out)
}
