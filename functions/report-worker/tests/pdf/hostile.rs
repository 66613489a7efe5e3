//! Texts that somebody typed to break things are drawn or replaced, in every place a text can be.

use std::path::PathBuf;

use report_worker::report::{Bar, Figure, ReportData};

use crate::{
    fixture::{Rendered, chart, render_file, report, rows},
    tools,
};

/// What is typed, and what has to be read back; `None` where only the file has to be sound.
const TEXTS: [(&str, Option<&str>); 25] = [
    ("null\0byte", Some("null\u{fffd}byte")),
    ("bell\u{7} escape\u{1b}[31m", Some("escape\u{fffd}[31m")),
    (
        "private\u{e000}use\u{f8ff}",
        Some("private\u{fffd}use\u{fffd}"),
    ),
    (
        "supplementary\u{f0000}\u{10fffd}",
        Some("supplementary\u{fffd}\u{fffd}"),
    ),
    (
        "non\u{fffe}character\u{1ffff}",
        Some("non\u{fffd}character\u{fffd}"),
    ),
    ("invoice\u{202e}fdp.exe", Some("invoicefdp.exe")),
    ("iso\u{2066}late\u{2069}d", Some("isolated")),
    ("\u{200d}\u{200c}\u{200b}", None),
    ("tag\u{e0001}\u{e0041}ged", Some("tagged")),
    (
        "\u{301}\u{301}\u{301}",
        Some("\u{25cc}\u{301}\u{301}\u{301}"),
    ),
    (
        "Z\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}algo",
        None,
    ),
    ("ภาษาไทย and हिन्दी", Some("\u{fffd}\u{fffd}")),
    ("rocket 🚀 family 👨‍👩‍👧", Some("rocket🚀family👨‍👩‍👧")),
    ("joined a\u{200d}b, c\u{200c}d", Some("joinedab,cd")),
    ("\u{600}\u{601}\u{602}\u{603}\u{604}\u{605}\u{600}", None),
    ("wide \u{fdfd} sign", Some("wide")),
    ("(paren) \\ back\\slash )( ((", Some("back\\slash")),
    ("<</S/JavaScript>> endobj", Some("<</S/JavaScript>>")),
    ("</dc:title>&amp;<x>", Some("</dc:title>&amp;<x>")),
    ("line\r\nbreak\u{2028}and\ttab", Some("tab")),
    ("combining e\u{301} and é", None),
    ("", None),
    ("   ", None),
    ("\u{feff}bom\u{ad}hyphen", Some("bomhyphen")),
    ("ﬁ ﬂ ǆ ẞ ₣ ‰ № ™ Ω Ж ҂ ᾷ", Some("№")),
];

/// How long-winded somebody can be.
fn endless() -> [String; 4] {
    [
        "A".repeat(10_000),
        "word ".repeat(5_000),
        "\u{300}".repeat(10_000),
        "\u{202e}".repeat(70_000),
    ]
}

/// A report whose texts are all the same.
fn full_of(text: &str) -> ReportData {
    let mut report = report();
    let text = || text.to_owned();
    report.language = text();
    report.locale = text();
    report.tenant = text();
    report.title = text();
    report.number = text();
    report.period = text();
    report.figures = vec![
        Figure {
            label: text(),
            value: text(),
            note: text(),
        };
        8
    ];
    report.table.title = text();
    for column in &mut report.table.columns {
        column.title = text();
    }
    report.table.totals = vec![text(); 6];
    let values = [
        f64::NAN,
        f64::INFINITY,
        -1e300,
        f64::MIN_POSITIVE,
        -0.0,
        3.0,
    ];
    let mut chart = chart();
    chart.title = text();
    chart.bars = values
        .map(|value| Bar {
            label: text(),
            value,
            text: text(),
        })
        .to_vec();
    report.charts = vec![chart.into()];
    report
}

fn hostile_cells() -> Rendered {
    let mut rows = rows(TEXTS.len());
    for (row, (text, _)) in rows.iter_mut().zip(TEXTS) {
        for cell in row.iter_mut().skip(1) {
            text.clone_into(cell);
        }
    }
    render_file("hostile-cells", &report(), &rows)
}

fn hostile_everywhere() -> Vec<Rendered> {
    let endless = endless();
    let texts = TEXTS.iter().map(|(text, _)| *text);
    let texts = texts.chain(endless.iter().map(String::as_str));
    texts
        .enumerate()
        .map(|(index, text)| {
            let mut rows = rows(40);
            rows[0].fill(text.to_owned());
            render_file(&format!("hostile-{index}"), &full_of(text), &rows)
        })
        .collect()
}

fn first_plane() -> Rendered {
    let characters: Vec<char> = ('\0'..='\u{ffff}').collect();
    let mut rows = rows(characters.len().div_ceil(300));
    for (row, part) in rows.iter_mut().zip(characters.chunks(300)) {
        row[1] = part.iter().collect();
    }
    render_file("first-plane", &report(), &rows)
}

/// Letters, marks and joiners of all scripts in no order, which fit together in no language.
fn soup() -> Rendered {
    const PARTS: [char; 24] = [
        '\u{200d}', '\u{200c}', '\u{fe0f}', 'a', '\u{301}', 'ش', '\u{64e}', 'ש', '東', '데', '👨',
        '👩', '🏽', '\u{600}', '(', ' ', '1', '-', '\u{25cc}', 'ᄀ', 'ᅡ', '\u{302}', '\u{5b4}',
        '。',
    ];
    let mut number = 1_u32;
    let mut next = || {
        // A linear congruence is as random as it has to be here, and the same in each run.
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        PARTS[usize::try_from(number >> 16).unwrap() % PARTS.len()]
    };
    let mut rows = rows(500);
    for row in &mut rows {
        row[1] = (0..60).map(|_| next()).collect();
    }
    render_file("soup", &report(), &rows)
}

/// Files with everything that somebody may type.
pub(crate) fn files() -> Vec<PathBuf> {
    let mut all = hostile_everywhere();
    all.extend([hostile_cells(), first_plane(), soup()]);
    all.into_iter().map(|rendered| rendered.path).collect()
}

#[test]
fn hostile_cells_are_drawn_or_replaced() {
    let rendered = hostile_cells();
    tools::check(&rendered.path);
    let read = tools::structure(&rendered.path) + &tools::page_texts(&rendered.path).concat();
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let read = squeezed(&read.replace('"', ""));
    for (typed, shown) in TEXTS {
        if let Some(shown) = shown {
            assert!(
                read.contains(&squeezed(shown)),
                "{typed:?} is not shown as {shown:?}"
            );
        }
    }
    assert!(!read.contains(['\0', '\u{202e}', '\u{e000}']));
}

#[test]
fn hostile_texts_break_no_other_place() {
    for rendered in hostile_everywhere() {
        tools::check(&rendered.path);
        let information = tools::info(&rendered.path);
        assert!(
            information.contains("Tagged:          yes"),
            "{information}"
        );
        assert!(tools::page_texts(&rendered.path)[0].contains("Page 1 of "));
    }
}

#[test]
fn every_character_of_the_first_plane_is_drawn_or_replaced() {
    let rendered = first_plane();
    tools::check(&rendered.path);
    let text = tools::page_texts(&rendered.path).concat();
    for shown in [
        'ß', 'Ў', 'ώ', 'ặ', '€', 'ش', 'ש', '港', 'カ', '데', '☕', '\u{fffd}',
    ] {
        assert!(text.contains(shown), "{shown}");
    }
}
