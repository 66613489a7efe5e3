//! Paper is turned where the columns need it.

use report_worker::report::{Align, Column, RowSpool, SpooledRows, Width};

use crate::{
    fixture::{render_file, render_source, report, rows},
    golden, tools,
};

const WIDE: usize = 10;

fn columns(number: usize) -> Vec<Column> {
    (0..number)
        .map(|index| Column {
            title: format!("Column {index}"),
            align: if index < 3 { Align::Start } else { Align::End },
            width: if index == 0 {
                Width::Share(1.0)
            } else {
                Width::Points(64.0)
            },
        })
        .collect()
}

fn wide_rows(number: usize) -> SpooledRows {
    let mut spool = RowSpool::new(u32::MAX);
    for row in 0..number {
        let cells: Vec<String> = (0..WIDE)
            .map(|index| format!("{}.{index}", row * 37))
            .collect();
        spool.push(cells.iter().map(String::as_str)).unwrap();
    }
    spool.finish().unwrap()
}

fn page_size(path: &std::path::Path) -> String {
    let information = tools::info(path);
    let line = information
        .lines()
        .find(|line| line.starts_with("Page size:"));
    line.unwrap().to_owned()
}

#[test]
fn many_columns_turn_the_page() {
    let mut report = report();
    report.table.columns = columns(WIDE);
    report.table.totals = vec!["9.75".to_owned(); WIDE];
    let rendered = render_source("landscape", &report, &mut wide_rows(60));
    tools::check(&rendered.path);
    let size = page_size(&rendered.path);
    assert!(size.contains("841.89 x 595.28"), "{size}");
    let words = tools::words(&rendered.path);
    assert!(
        words
            .iter()
            .all(|word| word.right < 841.9 - 44.0 && word.bottom < 595.3)
    );
    assert!(words.iter().any(|word| word.right > 595.3));
    let text = tools::page_texts(&rendered.path).concat();
    for row in 0..60 {
        for index in 0..WIDE {
            assert!(
                text.contains(&format!("{}.{index}", row * 37)),
                "{row}.{index}"
            );
        }
    }
    golden::assert_looks_like(&rendered.path, 2, "landscape");
    tools::conform(&[rendered.path]).unwrap();
}

#[test]
fn few_columns_leave_it_upright() {
    let rendered = render_file("upright", &report(), &rows(3));
    let size = page_size(&rendered.path);
    assert!(size.contains("595.28 x 841.89"), "{size}");
}
