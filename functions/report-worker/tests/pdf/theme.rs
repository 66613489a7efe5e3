//! A theme takes any brand colour, and only colours.

use std::{fs, path::PathBuf};

use report_worker::{
    pdf::render,
    report::Limits,
    theme::{Color, Paper, Theme},
};

use crate::{
    fixture::{report, rows, spool, theme},
    tools,
};

#[test]
fn colours_are_written_in_one_way() {
    assert_eq!("#0F766e".parse(), Ok(Color::rgb(0x0f, 0x76, 0x6e)));
    for text in [
        "", "#", "0f766e", "#0f766", "#0f766e0", "#0g766e", "#+f766e", "teal", "#ééé",
    ] {
        assert!(text.parse::<Color>().is_err(), "{text}");
    }
}

const BRANDS: [&str; 6] = [
    "#000000", "#ffffff", "#ffff00", "#777777", "#0f766e", "#c2410c",
];

/// A small report in this theme, in a file of this name.
fn rendered(name: &str, theme: &Theme) -> PathBuf {
    let mut out = Vec::new();
    let limits = Limits::default();
    render(&report(), theme, &mut spool(&rows(3)), &limits, &mut out).unwrap();
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pdf"));
    fs::write(&path, out).unwrap();
    path
}

/// The colour in which the first text of this role is set.
fn text_color(content: &str, role: &str) -> [f64; 3] {
    let (before, after) = content.split_once(&format!("/{role}<</MCID ")).unwrap();
    let own = after.split_once("BT").unwrap().0;
    let set = [own, before]
        .into_iter()
        .find(|part| part.contains("rg"))
        .unwrap();
    let operands = set.rsplit_once("rg").unwrap().0;
    let mut numbers = operands
        .split_whitespace()
        .rev()
        .map(|number| number.parse().unwrap());
    let [blue, green, red] = [(); 3].map(|()| numbers.next().unwrap());
    [red, green, blue]
}

/// The contrast ratio that WCAG 2.2 defines.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let [one, other] = [one, other].map(|color| {
        let [red, green, blue] = color.map(|part| match part {
            0.0..=0.04045 => part / 12.92,
            _ => ((part + 0.055) / 1.055).powf(2.4),
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    });
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn text_can_be_read_on_any_brand_colour() {
    for brand in BRANDS {
        let color: Color = brand.parse().unwrap();
        let path = rendered("contrast", &Theme::with_brand(color));
        let content = tools::contents(&path);
        let digits = u32::from_str_radix(&brand[1..], 16).unwrap();
        let background = [16, 8, 0].map(|shift| f64::from(digits >> shift & 255) / 255.0);
        for role in ["P", "H1", "TH"] {
            let text = text_color(&content, role);
            assert!(
                contrast(text, background) >= 4.45,
                "{role} on {brand}: {text:?}"
            );
        }
    }
}

#[test]
fn on_a_low_page_the_table_begins_on_the_next() {
    let mut theme = theme();
    theme.paper = Paper {
        height: 420.0,
        ..Paper::A4
    };
    let path = rendered("low-page", &theme);
    tools::check(&path);
    let pages = tools::page_texts(&path);
    assert_eq!(pages.len(), 2);
    for (text, page) in [
        ("Amount per month", 0),
        ("Line items\n", 1),
        ("Quantity", 1),
        ("2025-03-03", 1),
    ] {
        assert!(pages[page].contains(text), "{text}");
        assert!(!pages[1 - page].contains(text), "{text}");
    }
}
