//! What the file says about itself: catalogue, title, language, dates, conformance and colour space.

mod srgb;
mod xmp;

use time::{OffsetDateTime, UtcOffset};

use crate::report::{ReportData, words};

use super::{
    error::RenderError,
    fonts::is_joiner,
    text::plain,
    writer::{Dict, Encoding, Ref, Writer, Written},
};

/// The program's name in the file.
const PRODUCER: &str = "Tenantry";
const TITLE_BYTES_MAX: usize = 512;
const LANGUAGE_FALLBACK: &str = "en";
const SUBTAGS_MAX: usize = 8;

/// Writes metadata and catalogue and ends the file.
pub(super) fn finish(
    mut writer: Writer<'_>,
    report: &ReportData,
    pages: Ref,
    structure: Ref,
) -> Result<Written, RenderError> {
    let title = format!("{} {}", words::title(&report.title), report.number);
    let mut title = plain(title.trim(), TITLE_BYTES_MAX);
    if title
        .chars()
        .all(|character| character.is_whitespace() || is_joiner(character))
    {
        words::title("").clone_into(&mut title);
    }
    let created = report.generated_at.to_offset(UtcOffset::UTC);
    let (info, metadata) = (writer.reserve(), writer.reserve());
    let (profile, catalogue) = (writer.reserve(), writer.reserve());

    writer.dict(info, |dict| {
        dict.text("Title", &title)
            .ascii("CreationDate", &pdf_date(created))
            .ascii("Producer", PRODUCER);
    })?;
    let packet = xmp::packet(&title, created, PRODUCER);
    // Plain, so that programs that know no PDF can find it (ISO 32000-1, 14.3.2).
    writer.stream(metadata, Encoding::Plain, packet.as_bytes(), |dict| {
        dict.name("Type", "Metadata").name("Subtype", "XML");
    })?;
    writer.stream(profile, Encoding::Flate, &srgb::profile(), |dict| {
        dict.uint("N", 3).name("Alternate", "DeviceRGB");
    })?;
    writer.dict(catalogue, |dict| {
        dict.name("Type", "Catalog")
            .reference("Pages", pages)
            .ascii("Lang", language(&report.language))
            .dict("ViewerPreferences", |preferences| {
                preferences.flag("DisplayDocTitle", true);
            })
            .reference("Metadata", metadata)
            .dict("MarkInfo", |marks| {
                marks.flag("Marked", true);
            })
            .reference("StructTreeRoot", structure)
            .value("OutputIntents", |out| {
                out.push(b'[');
                Dict::put(out, |intent| {
                    intent
                        .name("Type", "OutputIntent")
                        .name("S", "GTS_PDFA1")
                        .ascii("OutputConditionIdentifier", "sRGB")
                        .ascii("Info", "sRGB")
                        .reference("DestOutputProfile", profile);
                });
                out.push(b']');
            });
    })?;
    writer.finish(catalogue, info)
}

/// The language if it is one (the shape of BCP 47), else English, the language of the engine's own
/// words.
fn language(tag: &str) -> &str {
    let is_subtag = |(index, part): (usize, &str)| {
        let letters_only = index > 0 || part.bytes().all(|byte| byte.is_ascii_alphabetic());
        let length_min = if index == 0 { 2 } else { 1 };
        (length_min..=8).contains(&part.len())
            && letters_only
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    if tag.split('-').count() <= SUBTAGS_MAX && tag.split('-').enumerate().all(is_subtag) {
        tag
    } else {
        LANGUAGE_FALLBACK
    }
}

/// A date as PDF writes it (ISO 32000-1, 7.9.4).
fn pdf_date(at: OffsetDateTime) -> String {
    format!(
        "D:{:04}{:02}{:02}{:02}{:02}{:02}Z",
        at.year().clamp(0, 9999),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}
