//! The files conform to PDF/A-2a and PDF/UA-1, by the judgement of veraPDF.

use std::{fs, path::PathBuf};

use crate::{
    fixture::{Cells, Rendered, render_file, report, rows},
    hostile, tools,
};

/// Names that need every font and fit one line.
const NAMES: [&str; 10] = [
    "Harbour Analytics",
    "Müller Öl GmbH",
    "東京配送サービス",
    "Δίκτυο Θεσσαλονίκης",
    "شركة النور للتقنية",
    "Северный порт",
    "נמל חיפה",
    "서울 데이터 센터",
    "🚀 Launchpad 👨‍👩‍👧",
    "Ἀθηναϊκὴ (港)",
];

fn mixed(number: usize) -> Vec<Cells> {
    let mut rows = rows(number);
    for (row, name) in rows.iter_mut().zip(NAMES.into_iter().cycle()) {
        name.clone_into(&mut row[1]);
    }
    rows
}

/// The first row that poppler does not read back, cell by cell and in order.
fn lost(rendered: &Rendered, rows: &[Cells]) -> Option<Cells> {
    let pages = tools::page_texts(&rendered.path).concat();
    let mut lines = pages.lines().map(tools::squeezed);
    let is_lost = |row: &&Cells| {
        let cells = tools::squeezed(&row.concat());
        !lines.any(|line| line == cells)
    };
    rows.iter().find(is_lost).cloned()
}

#[test]
fn reports_of_any_size_conform_and_are_read_back() {
    let files = [50, 1_000, 10_000].map(|number| {
        let rows = mixed(number);
        let rendered = render_file(&format!("conforms-{number}"), &report(), &rows);
        tools::check(&rendered.path);
        assert_eq!(lost(&rendered, &rows), None, "of {number}");
        // The control: a row too many is missed.
        let more = mixed(number + 1);
        assert!(lost(&rendered, &more).is_some());
        rendered.path
    });
    tools::conform(&files).unwrap();
}

#[test]
fn hostile_texts_conform() {
    tools::conform(&hostile::files()).unwrap();
}

/// The file with one text replaced by another of the same length, uncompressed so that it is found.
fn broken(name: &str, from: &str, to: &str) -> PathBuf {
    assert_eq!(from.len(), to.len());
    let sound = render_file(&format!("{name}-sound"), &report(), &rows(3)).path;
    let path = sound.with_file_name(format!("{name}.pdf"));
    let mut bytes = tools::plain(&sound);
    let at = bytes
        .windows(from.len())
        .position(|part| part == from.as_bytes());
    let at = at.unwrap_or_else(|| panic!("{from} is nowhere in {}", sound.display()));
    bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn what_does_not_conform_is_found() {
    for (name, from, to, rule) in [
        ("broken-tag", "/S /TH", "/S /XX", "FAIL ua1"),
        ("broken-text", "/Alt <", "/Als <", "FAIL ua1"),
        (
            "broken-title",
            "/DisplayDocTitle true",
            "/DisplayDocTitle null",
            "FAIL ua1",
        ),
        (
            "broken-claim",
            "<pdfuaid:part>1<",
            "<pdfuaid:part>9<",
            "FAIL ua1",
        ),
        (
            "broken-level",
            "conformance>A<",
            "conformance>X<",
            "FAIL 2a",
        ),
    ] {
        let problems = tools::conform(&[broken(name, from, to)]).unwrap_err();
        assert!(problems.contains(rule), "{name}: {problems}");
    }
    // What is only unpacked conforms: it is the replacement that is found.
    let sound = render_file("unbroken-sound", &report(), &rows(3)).path;
    let unpacked = sound.with_file_name("unbroken.pdf");
    fs::write(&unpacked, tools::plain(&sound)).unwrap();
    tools::conform(&[unpacked]).unwrap();
}
