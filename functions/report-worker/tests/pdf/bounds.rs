//! Nothing leaves its place: words stay in their columns, rows above the foot.

use report_worker::report::{Align, Column, RowSpool, Width};

use crate::{
    fixture::{Cells, Rendered, render_file, render_source, report, rows, shows},
    tools::{self, Word},
};

/// What poppler's boxes add to the ink of a word.
const TOLERANCE: f64 = 0.6;

fn words(rendered: &Rendered) -> Vec<Word> {
    tools::check(&rendered.path);
    tools::words(&rendered.path)
}

fn left_of(words: &[Word], text: &str) -> f64 {
    words.iter().find(|word| word.text == text).unwrap().left
}

#[test]
fn a_huge_word_stays_in_its_column() {
    let mut rows = rows(3);
    rows[1][1] = "W".repeat(10_000);
    rows[1][3] = "8".repeat(300);
    let rendered = render_file("huge-word", &report(), &rows);
    let words = words(&rendered);
    let (project, metric) = (left_of(&words, "Project"), left_of(&words, "Metric"));
    let unit = left_of(&words, "Unit");

    let huge: Vec<&Word> = words
        .iter()
        .filter(|word| word.text.starts_with("WWW"))
        .collect();
    assert!(huge.len() >= 20, "{}", huge.len());
    for word in &huge {
        assert!(
            word.left >= project - TOLERANCE && word.right < metric,
            "{word:?}"
        );
    }
    assert!(huge.iter().any(|word| word.text.ends_with('…')));

    let figures: Vec<&Word> = words
        .iter()
        .filter(|word| word.text.starts_with("8888"))
        .collect();
    assert!(figures.len() >= 20, "{}", figures.len());
    for word in figures {
        assert!(word.left > metric && word.right < unit, "{word:?}");
    }
}

#[test]
fn the_widest_letter_stays_in_the_narrowest_column() {
    let mut report = report();
    let column = |index: usize| Column {
        title: format!("C{index}"),
        align: Align::Start,
        width: Width::Points(if index == 0 { 5_000.0 } else { 0.0 }),
    };
    report.table.columns = (0..12).map(column).collect();
    report.table.totals.clear();
    let row = vec!["\u{2e3b}\u{2e3b}"; 12];
    let mut spool = RowSpool::new(1);
    spool.push(row).unwrap();
    let rendered = render_source("widest-letter", &report, &mut spool.finish().unwrap());
    let words = words(&rendered);
    let letters: Vec<&Word> = words
        .iter()
        .filter(|word| word.text == "\u{2e3b}")
        .collect();
    assert_eq!(letters.len(), 22);
    for letter in letters {
        let column = words
            .iter()
            .filter(|word| word.text.starts_with('C') && word.left > letter.left + 1.0)
            .map(|word| word.left)
            .fold(797.0, f64::min);
        assert!(letter.right < column, "{letter:?} reaches {column}");
    }
}

#[test]
fn a_sign_as_wide_as_a_sentence_stays_in_its_column() {
    const WIDE: &str = "\u{fdfd}";
    let chain = ["👨"; 5].join("\u{200d}");
    let mut narrow = report();
    narrow.table.columns = (0..6)
        .map(|index| Column {
            title: format!("C{index}"),
            align: if index % 2 == 0 {
                Align::Start
            } else {
                Align::End
            },
            width: if index == 5 {
                Width::Share(1.0)
            } else {
                Width::Points(36.0)
            },
        })
        .collect();
    let mut rows = rows(2);
    rows[0].fill(WIDE.to_owned());
    rows[1].fill(chain.clone());
    let rendered = render_file("wide-signs", &narrow, &rows);
    let words = words(&rendered);
    let edges: Vec<f64> = (0..5)
        .map(|index| 45.0 + 36.0 * f64::from(index + 1))
        .collect();
    let signs = words.iter().filter(|word| {
        let text = word.text.as_str();
        text.contains(WIDE) || text.contains('👨') || text.contains('\u{fffd}')
    });
    let mut shown = (0, 0);
    for sign in signs {
        let crossed = edges
            .iter()
            .any(|edge| sign.left < edge - TOLERANCE && sign.right > edge + TOLERANCE);
        assert!(!crossed, "{sign:?} crosses one of {edges:?}");
        match sign.text.contains('\u{fffd}') {
            true => shown.0 += 1,
            false => shown.1 += 1,
        }
    }
    // Five narrow columns of each row have a stand-in; the last has room for the sign itself.
    assert_eq!(shown.0, 10, "{words:?}");
    assert!(shown.1 >= 2, "{words:?}");
}

#[test]
fn figures_end_at_the_right_edge_of_their_column() {
    let rows = rows(30);
    let rendered = render_file("right-aligned", &report(), &rows);
    let words = words(&rendered);
    let amount = words.iter().rfind(|word| word.text == "Amount").unwrap();
    for row in &rows {
        let found = words.iter().filter(|word| word.text == row[5]);
        assert!(found.clone().count() >= 1, "{row:?}");
        for word in found {
            assert!((word.right - amount.right).abs() < TOLERANCE, "{word:?}");
        }
    }
}

#[test]
fn rows_of_any_height_stay_above_the_foot() {
    let rows: Vec<Cells> = rows(200)
        .into_iter()
        .enumerate()
        .map(|(index, mut row)| {
            row[1] = "long words ".repeat(index * 37 % 120);
            row
        })
        .collect();
    let rendered = render_file("high-rows", &report(), &rows);
    let words = words(&rendered);
    let pages = usize::try_from(rendered.summary.pages).unwrap();
    for page in 1..=pages {
        let on_page = || words.iter().filter(|word| word.page == page);
        let foot = on_page().find(|word| word.text == "Generated").unwrap().top;
        let lowest = on_page()
            .filter(|word| word.bottom <= foot + 5.0 && word.top < foot - 1.0)
            .map(|word| word.bottom)
            .fold(0.0, f64::max);
        assert!(lowest < foot - 5.0, "page {page}: {lowest} and {foot}");
        assert!(on_page().all(|word| word.bottom < 841.9 && word.right < 595.3));
    }
}

#[test]
fn totals_stand_with_a_row() {
    let rows = rows(60);
    for number in 12..60 {
        let rendered = render_file("totals", &report(), &rows[..number]);
        let pages = tools::page_texts(&rendered.path);
        let last = pages.last().unwrap();
        assert!(last.contains("1,284,310.55"), "{number}: {last}");
        assert!(shows(last, &rows[number - 1]), "{number}: {last}");
    }
}

#[test]
fn letters_are_kerned_and_still_one_word() {
    let mut rows = rows(3);
    for (row, text) in rows.iter_mut().zip(["AAAAAAAA", "VVVVVVVV", "AVAVAVAV"]) {
        row[1] = text.to_owned();
    }
    let rendered = render_file("kerning", &report(), &rows);
    let words = words(&rendered);
    let width = |text: &str| {
        let word = words.iter().find(|word| word.text == text).unwrap();
        word.right - word.left
    };
    let unkerned = f64::midpoint(width("AAAAAAAA"), width("VVVVVVVV"));
    assert!(width("AVAVAVAV") < unkerned - 1.0, "{}", width("AVAVAVAV"));
}
