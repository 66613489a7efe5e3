//! One report by the product's own engine, in a process that does nothing else.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
};

use report_worker::{
    pdf,
    report::{
        Align, Bar, BarChart, Column, Figure, Limits, ReportData, RowSpool, SpooledRows, Table,
        Width,
    },
    theme::{Color, Theme},
};
use time::macros::datetime;

use crate::lambda;

use super::{PdfError, file};

/// The largest file: a million rows have a fifth of it.
const BYTES_MAX: u64 = 1 << 30;
const BRAND: Color = Color::rgb(0x0f, 0x76, 0x6e);
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Makes a report of the rows of a file, and answers what this process used for it, as JSON.
///
/// # Errors
///
/// See [`PdfError`].
pub fn render(source: &Path, target: &Path) -> Result<String, PdfError> {
    let limits = Limits {
        rows: u32::MAX,
        pages: u32::MAX,
        bytes: BYTES_MAX,
        deadline: None,
    };
    let mut rows = read(source)?;
    let mut out = File::create(target).map_err(file(target))?;
    let theme = Theme::with_brand(BRAND);
    pdf::render(&report(), &theme, &mut rows, &limits, &mut out)?;
    let used = lambda::used_by_this().map_err(file(source))?;
    Ok(format!(
        "{{\"cpu_us\":{},\"peak_kib\":{}}}",
        used.cpu.as_micros(),
        used.peak_bytes / 1024
    ))
}

fn read(source: &Path) -> Result<SpooledRows, PdfError> {
    let mut lines = BufReader::new(File::open(source).map_err(file(source))?);
    let mut spool = RowSpool::new(u32::MAX);
    let mut line = String::new();
    while lines.read_line(&mut line).map_err(file(source))? > 0 {
        spool.push(line.trim_end_matches('\n').split('\t'))?;
        line.clear();
    }
    Ok(spool.finish()?)
}

fn report() -> ReportData {
    ReportData {
        language: "en".to_owned(),
        locale: "en".to_owned(),
        tenant: "Northwind Mapping Ltd".to_owned(),
        title: "Usage report".to_owned(),
        number: "REP-2025-004217".to_owned(),
        period: "1 January – 31 December 2025".to_owned(),
        generated_at: datetime!(2026-01-02 08:15:00 UTC),
        figures: figures(),
        charts: vec![chart().into()],
        table: table(),
    }
}

fn figures() -> Vec<Figure> {
    [
        ("Total amount", "€ 1,284,310.55", "excl. VAT"),
        ("Line items", "2,000", "12 months"),
        ("Projects", "812", "+37 this year"),
        ("Monthly mean", "€ 107,025.88", ""),
    ]
    .map(|(label, value, note)| Figure {
        label: label.to_owned(),
        value: value.to_owned(),
        note: note.to_owned(),
    })
    .to_vec()
}

fn chart() -> BarChart {
    let bars = MONTHS.iter().zip(0_u32..).map(|(month, index)| {
        let value = 71_000 + index * index * 911 % 53_000;
        Bar {
            label: (*month).to_owned(),
            value: f64::from(value),
            text: value.to_string(),
        }
    });
    BarChart {
        title: "Amount per month, in euro".to_owned(),
        bars: bars.collect(),
    }
}

fn table() -> Table {
    let column = |(title, align, width): (&str, Align, Width)| Column {
        title: title.to_owned(),
        align,
        width,
    };
    Table {
        title: "Line items".to_owned(),
        columns: [
            ("Date", Align::Start, Width::Points(62.0)),
            ("Project", Align::Start, Width::Share(1.0)),
            ("Metric", Align::Start, Width::Points(92.0)),
            ("Quantity", Align::End, Width::Points(62.0)),
            ("Unit price", Align::End, Width::Points(62.0)),
            ("Amount", Align::End, Width::Points(78.0)),
        ]
        .map(column)
        .to_vec(),
        totals: ["Total", "", "", "", "", "1,284,310.55"]
            .map(str::to_owned)
            .to_vec(),
    }
}
