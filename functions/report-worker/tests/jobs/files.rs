//! Data files: their form, their limits, and nothing in them that a spreadsheet would carry out.

use std::io::{Write, sink};
use std::time::Instant;

use allocation_counter::measure;
use report_worker::csv::{harmless, write};
use report_worker::pdf::{Limit, RenderError};
use report_worker::report::{Limits, RowSpool, SpooledRows};
use serde_json::json;

use crate::Scene;

/// Names as somebody with ideas would choose them, and as they stand in the file.
const NAMES: &[(&str, &str)] = &[
    (
        "=HYPERLINK(\"https://evil.example\")",
        "'=HYPERLINK(\"https://evil.example\")",
    ),
    ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
    ("-2+3", "'-2+3"),
    ("@SUM(1,2)", "'@SUM(1,2)"),
    (
        "plain, \"quoted\" and 日本語",
        "plain, \"quoted\" and 日本語",
    ),
    ("a=b", "a=b"),
];

#[tokio::test]
async fn a_name_is_never_a_formula_and_a_number_stays_one() {
    let scene = Scene::new().await;
    for (name, _) in NAMES {
        let name = name.replace('\'', "''");
        scene
            .within(&format!(
                "INSERT INTO projects.projects (id, name) VALUES (gen_random_uuid(), '{name}')"
            ))
            .await;
    }
    let file = scene.file("project_summary", &json!({})).await;
    assert_eq!(
        file[0],
        ["project_id", "name", "status", "created_at", "updated_at"]
    );
    for (name, stands) in NAMES {
        assert!(file.iter().any(|row| row[1] == *stands), "{name}: {file:?}");
        // The control: as it was given, it would have been a formula.
        let is_formula = name.starts_with(['=', '+', '-', '@']);
        assert_eq!(is_formula, name != stands, "{name}");
    }
    for row in &file[1..] {
        assert_eq!(row[0].len(), 36, "{row:?}");
        assert!(row[3].contains('T') && row[3].ends_with('Z'), "{row:?}");
    }
    scene
        .within(
            "INSERT INTO billing.usage_events (event_id, meter, quantity, occurred_at)
             VALUES (gen_random_uuid(), 'reports', 1234567, now())",
        )
        .await;
    let file = scene.file("usage_statement", &json!({})).await;
    let used: Vec<_> = file.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(used, ["used", "0", "1234567"]);
}

#[test]
fn what_begins_a_formula_is_marked_as_text() {
    for begins in ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＠"] {
        let text = format!("{begins}1");
        assert_eq!(harmless(&text), format!("'{text}"));
        // Where a comma is part of a number, a semicolon ends a cell.
        let behind = format!("x;{text}");
        assert_eq!(harmless(&behind), format!("x;'{text}"));
    }
    assert_eq!(harmless("x;\"=1"), "x;\"'=1");
    for text in ["", "1", "a-b", "'=1", " =1"] {
        assert_eq!(harmless(text), text);
    }
}

fn spooled(rows: u32, cell: &str) -> SpooledRows {
    let mut spool = RowSpool::new(u32::MAX);
    for number in 0..rows {
        spool.push([&*number.to_string(), cell]).unwrap();
    }
    spool.finish().unwrap()
}

#[test]
fn the_form_is_that_of_rfc_4180_and_the_same_each_time() {
    let mut texts = Vec::new();
    for _ in 0..2 {
        let mut text = Vec::new();
        let mut rows = spooled(2, "a \"b\",\r\nc");
        let written = write(&["n", "text"], &mut rows, &Limits::default(), &mut text).unwrap();
        assert_eq!((written.rows, written.pages), (2, 0));
        assert_eq!(written.bytes, u64::try_from(text.len()).unwrap());
        texts.push((text, written.sha256));
    }
    let expected = "n,text\r\n0,\"a \"\"b\"\",\r\nc\"\r\n1,\"a \"\"b\"\",\r\nc\"\r\n";
    assert_eq!(String::from_utf8(texts[0].0.clone()).unwrap(), expected);
    assert_eq!(texts[0], texts[1]);
}

#[test]
fn memory_does_not_grow_with_the_rows() {
    /// What the writer may need at one time, in bytes: its buffer, and a row.
    const WRITER_BYTES_MAX: u64 = 64 * 1024;
    let most = |rows, out: &mut dyn Write| {
        let mut rows = spooled(rows, "a cell of some length");
        let mut written = None;
        let measured = measure(|| {
            written = write(&["n", "text"], &mut rows, &Limits::default(), out).ok();
        });
        (measured.bytes_max, written.unwrap().bytes)
    };
    let (few, _) = most(100, &mut sink());
    let (many, bytes) = most(50_000, &mut sink());
    assert!(bytes > 1_000_000, "{bytes}");
    assert_eq!(many, few);
    assert!(many < WRITER_BYTES_MAX, "{many}");
    // The control: whoever keeps what is written needs that much more.
    let (kept, _) = most(50_000, &mut Vec::new());
    assert!(kept > bytes, "{kept}");
}

#[test]
fn a_file_keeps_to_its_limits() {
    let try_with = |limits: &Limits| {
        let mut rows = spooled(1_000, "cell");
        write(&["n", "text"], &mut rows, limits, &mut sink())
    };
    let all = Limits::default();
    let whole = try_with(&all).unwrap();
    // The last that fits, and the first that does not.
    let rows = |rows| Limits {
        rows,
        ..all.clone()
    };
    assert!(try_with(&rows(1_000)).is_ok());
    let Err(RenderError::TooLarge {
        limit: Limit::Rows,
        max: 999,
    }) = try_with(&rows(999))
    else {
        panic!("more rows than allowed");
    };
    let bytes = |bytes| Limits {
        bytes,
        ..all.clone()
    };
    assert_eq!(try_with(&bytes(whole.bytes)).unwrap(), whole);
    let max = whole.bytes - 1;
    match try_with(&bytes(max)) {
        Err(RenderError::TooLarge {
            limit: Limit::Bytes,
            max: found,
        }) => assert_eq!(found, max),
        other => panic!("{other:?}"),
    }
    let late = Limits {
        deadline: Some(Instant::now()),
        ..all.clone()
    };
    assert!(matches!(
        try_with(&late),
        Err(RenderError::OutOfTime { .. })
    ));
    let mut narrow = spooled(1, "cell");
    let shape = write(&["n"], &mut narrow, &all, &mut sink());
    assert!(matches!(
        shape,
        Err(RenderError::RowShape {
            found: 2,
            columns: 1,
            ..
        })
    ));
}
