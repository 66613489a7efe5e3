//! The file can be read aloud and archived: tags, language, title, conformance.

use crate::{
    fixture::{render_file, report, rows},
    tools,
};

/// How often each kind of element is in the structure tree.
fn count(structure: &str, kind: &str) -> usize {
    structure
        .lines()
        .filter(|line| line.split_whitespace().next() == Some(kind))
        .count()
}

#[test]
fn every_cell_is_a_tagged_cell() {
    let rows = rows(120);
    let rendered = render_file("structure", &report(), &rows);
    let structure = tools::structure(&rendered.path);
    let pages = usize::try_from(rendered.summary.pages).unwrap();
    for (kind, number) in [
        ("Document", 1),
        ("H1", 1),
        ("H2", 2),
        ("Figure:", 1),
        ("Table", 1),
        ("THead", 1),
        ("TBody", pages),
        ("TFoot", 1),
        ("TR", 122),
        ("TH:", 7),
        ("TD", 120 * 6 + 5),
    ] {
        assert_eq!(count(&structure, kind), number, "{kind}");
    }
    let body = structure.split_once("TBody").unwrap().1;
    let mut read = body;
    for cell in rows.iter().flatten() {
        // Poppler quotes each line of a cell apart.
        for word in cell.split_whitespace() {
            read = read
                .split_once(word)
                .unwrap_or_else(|| panic!("{cell} is missing"))
                .1;
        }
    }
}

#[test]
fn the_chart_has_an_alternative_text_and_bounds() {
    let rendered = render_file("alternative", &report(), &rows(3));
    let objects = tools::objects(&rendered.path);
    let alternative = "\"/Alt\": \"u:Bar chart: Amount per month, in euro. Jan 71000, Feb ";
    let (before, after) = objects.split_once(alternative).unwrap();
    assert!(after.contains("\"/S\": \"/Figure\""));
    assert!(before.contains("\"/BBox\": ["));
}

#[test]
fn the_document_says_what_it_is() {
    let mut report = report();
    report.title = "Bericht <2025> & Ω".to_owned();
    report.language = "de-AT".to_owned();
    let rendered = render_file("metadata", &report, &rows(3));
    let information = tools::info(&rendered.path);
    for line in [
        "Title:           Bericht <2025> & Ω REP-2025-004217",
        "Producer:        Tenantry",
        "Tagged:          yes",
        "JavaScript:      no",
        "PDF version:     1.7",
    ] {
        assert!(information.contains(line), "{line} is not in {information}");
    }
    assert!(tools::objects(&rendered.path).contains("\"/Lang\": \"u:de-AT\""));
    let file = String::from_utf8_lossy(&rendered.bytes);
    for part in [
        "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>",
        "<pdfuaid:part>1</pdfuaid:part>",
        "Bericht &lt;2025&gt; &amp; Ω REP-2025-004217",
        "<xmp:CreateDate>2026-01-02T08:15:00Z</xmp:CreateDate>",
    ] {
        assert!(file.contains(part), "{part}");
    }
}

#[test]
fn what_is_no_language_counts_as_english() {
    let mut report = report();
    for (tag, language) in [
        ("el", "el"),
        ("sr-Latn-RS", "sr-Latn-RS"),
        ("", "en"),
        ("x", "en"),
        ("de_AT", "en"),
        ("en)/JS(", "en"),
        ("english language", "en"),
        ("d3", "en"),
    ] {
        report.language = tag.to_owned();
        let rendered = render_file("language", &report, &rows(1));
        let expected = format!("\"/Lang\": \"u:{language}\"");
        assert!(tools::objects(&rendered.path).contains(&expected), "{tag}");
    }
}
