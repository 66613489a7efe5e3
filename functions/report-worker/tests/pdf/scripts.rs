//! Text in each script is drawn in a font that has it, in its direction, and read back.

use crate::{
    fixture::{Cells, render_file, report, rows},
    golden,
    tools::{self, Word},
};

/// A name in each script, and the font that draws it.
const NAMES: [(&str, &str); 10] = [
    ("Façade Ingénierie Ørsted", "NotoSans-Regular"),
    ("Δίκτυο Θεσσαλονίκης", "NotoSans-Regular"),
    ("Українські дороги", "NotoSans-Regular"),
    ("شركة النور للتقنية", "NotoSansArabic-Regular"),
    ("نامه\u{200c}های تهران", "NotoSansArabic-Regular"),
    ("נמל חיפה בע״מ", "NotoSansHebrew-Regular"),
    ("東京配送サービス", "DroidSansFallback"),
    ("上海智能物流有限公司", "DroidSansFallback"),
    ("서울 데이터 센터", "NanumGothicCoding"),
    ("🚀 Launchpad 👨‍👩‍👧 ☕", "NotoEmoji-Regular"),
];
/// A name in letters of both directions, and one that needs several lines from right to left.
const MIXED: &str = "Port ميناء 24/7 נמל (港) 항";
const LONG: &str =
    "شركة النور للتقنية وخدمات الخليج للنقل البحري (فرع الإسكندرية) 2025 ومكاتب التوزيع";
/// What poppler's boxes add to the ink of a word.
const TOLERANCE: f64 = 1.0;

/// Rows with these names.
fn named(names: &[&str]) -> Vec<Cells> {
    let mut rows = rows(names.len());
    for (row, name) in rows.iter_mut().zip(names) {
        (*name).clone_into(&mut row[1]);
    }
    rows
}

#[test]
fn every_script_is_read_back_from_its_own_font() {
    for (index, (name, font)) in NAMES.iter().enumerate() {
        let rendered = render_file(&format!("script-{index}"), &report(), &named(&[name]));
        tools::check(&rendered.path);
        let text = tools::squeezed(&tools::page_texts(&rendered.path).concat());
        assert!(
            text.contains(&tools::squeezed(name)),
            "{name} is not in {text}"
        );
        let fonts = tools::fonts(&rendered.path);
        assert!(fonts.contains(&format!("+{font} ")), "{name}: {fonts}");
        assert!(!text.contains('\u{fffd}'), "{name}: {text}");
    }
}

#[test]
fn a_script_without_a_font_is_seen_to_be_missing() {
    let name = "ภาษาไทย";
    let rendered = render_file("script-without", &report(), &named(&[name]));
    let text = tools::squeezed(&tools::page_texts(&rendered.path).concat());
    assert!(
        text.contains("\u{fffd}\u{fffd}") && !text.contains(name),
        "{text}"
    );
}

#[test]
fn text_in_one_script_brings_no_other_font() {
    let rendered = render_file("script-alone", &report(), &named(&[NAMES[0].0]));
    let fonts = tools::fonts(&rendered.path);
    assert_eq!(fonts.lines().count(), 2 + 2, "{fonts}");
}

/// The word, whose letters poppler lists from left to right.
fn word<'w>(words: &'w [Word], text: &str) -> &'w Word {
    let reversed: String = text.chars().rev().collect();
    words
        .iter()
        .find(|word| word.text == text || word.text == reversed)
        .unwrap_or_else(|| panic!("{text} is not among {words:?}"))
}

#[test]
fn words_from_right_to_left_begin_at_the_right() {
    let rendered = render_file("script-edges", &report(), &named(&[NAMES[3].0, NAMES[0].0]));
    let words = tools::words(&rendered.path);
    // Between two columns lie the paddings of both, five points each.
    let right = word(&words, "Metric").left - 10.0;
    let first = word(&words, "شركة");
    let last = word(&words, "للتقنية");
    assert!(
        (first.right - right).abs() < TOLERANCE,
        "{first:?}, {right}"
    );
    assert!(last.right < first.left, "{last:?} {first:?}");
    // The control: the other direction begins at the other edge.
    let latin = word(&words, "Façade");
    assert!((latin.left - word(&words, "Project").left).abs() < TOLERANCE);
    assert!(latin.right < right - 50.0);
}

#[test]
fn a_long_name_from_right_to_left_is_read_line_by_line() {
    let rendered = render_file("script-long", &report(), &named(&[LONG]));
    let words = tools::words(&rendered.path);
    let right = word(&words, "Metric").left - 10.0;
    let [first, later, year] = ["شركة", "التوزيع", "2025"].map(|text| word(&words, text));
    assert!(first.bottom < later.top + 3.0, "{first:?} {later:?}");
    let left = word(&words, "Project").left;
    for own in words.iter().filter(|word| {
        let first = word
            .text
            .chars()
            .find(|character| character.is_alphabetic());
        first.is_some_and(|character| ('\u{600}'..='\u{6ff}').contains(&character))
    }) {
        assert!(
            own.right < right + TOLERANCE && own.left > left - TOLERANCE,
            "{own:?}"
        );
    }
    assert!(year.left > left, "{year:?}");
}

#[test]
fn pages_in_all_scripts_look_as_they_should() {
    let mut names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    names.extend([MIXED, LONG]);
    let mut report = report();
    report.tenant = "شركة النور للتقنية".to_owned();
    report.title = "利用レポート · Отчёт · 보고서".to_owned();
    let rendered = render_file("golden-scripts", &report, &named(&names));
    golden::assert_looks_like(&rendered.path, 1, "scripts");
}
