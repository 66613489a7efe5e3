//! Every cell is on its page, under a repeated head, on a numbered page.

use crate::{
    fixture::{Cells, Rendered, render_file, report, rows, shows},
    tools,
};

fn assert_complete(rendered: &Rendered, rows: &[Cells]) {
    tools::check(&rendered.path);
    let pages = tools::page_texts(&rendered.path);
    assert_eq!(
        pages.len(),
        usize::try_from(rendered.summary.pages).unwrap()
    );
    let mut page = 0;
    for row in rows {
        while !shows(&pages[page], row) {
            page += 1;
            assert!(page < pages.len(), "{row:?} is missing or out of order");
        }
    }
    for (index, text) in pages.iter().enumerate() {
        let number = format!("Page {} of {}", index + 1, pages.len());
        assert_eq!(text.matches(&number).count(), 1, "{number}: {text}");
        for column in &report().table.columns {
            assert!(
                text.contains(&column.title),
                "page {}: {}",
                index + 1,
                column.title
            );
        }
    }
}

#[test]
fn a_small_report_fits_one_page() {
    let rows = rows(3);
    let rendered = render_file("small", &report(), &rows);
    assert_complete(&rendered, &rows);
    assert_eq!((rendered.summary.pages, rendered.summary.rows), (1, 3));

    let text = tools::page_texts(&rendered.path).concat();
    for shown in [
        "Northwind Mapping Ltd",
        "Usage report",
        "REP-2025-004217",
        "1 January – 31 December 2025",
        "Generated 2026-01-02 08:15 UTC",
        "€ 1,284,310.55",
        "excl. VAT",
        "Amount per month, in euro",
        "Sep",
        "Line items",
        "Total",
    ] {
        assert!(text.contains(shown), "{shown} is not in {text}");
    }
}

#[test]
fn a_long_report_repeats_its_head_and_counts_its_pages() {
    let rows = rows(2_000);
    let rendered = render_file("long", &report(), &rows);
    assert_complete(&rendered, &rows);
    assert!(rendered.summary.pages > 40, "{:?}", rendered.summary);
    let bytes = u64::try_from(rendered.bytes.len()).unwrap();
    assert_eq!(
        (rendered.summary.rows, rendered.summary.bytes),
        (2_000, bytes)
    );

    let pages = tools::page_texts(&rendered.path);
    assert!(pages.last().unwrap().contains("1,284,310.55"));
    let running = "Usage report · REP-2025-004217";
    assert!(!pages[0].contains(running));
    assert!(pages[1..].iter().all(|page| page.contains(running)));
}

#[test]
fn a_row_is_missing_when_it_was_not_rendered() {
    let rendered = render_file("incomplete", &report(), &rows(60));
    let pages = tools::page_texts(&rendered.path);
    let other = &rows(61)[60];
    assert!(!pages.iter().any(|page| shows(page, other)));
}

#[test]
fn a_report_without_rows_says_so() {
    let mut report = report();
    report.figures.clear();
    report.charts.clear();
    report.table.totals.clear();
    let rendered = render_file("empty", &report, &[]);
    tools::check(&rendered.path);
    let text = tools::page_texts(&rendered.path).concat();
    assert!(
        text.contains("No entries") && text.contains("Page 1 of 1"),
        "{text}"
    );
}

#[test]
fn fonts_are_embedded_and_cut_down() {
    let rendered = render_file("fonts", &report(), &rows(3));
    let fonts = tools::fonts(&rendered.path);
    let listed: Vec<&str> = fonts.lines().skip(2).collect();
    assert_eq!(listed.len(), 2, "{fonts}");
    for font in listed {
        assert!(
            font.contains("+NotoSans-") && font.contains("yes yes yes"),
            "{font}"
        );
    }
    assert!(rendered.bytes.len() < 80_000, "{}", rendered.bytes.len());
}
