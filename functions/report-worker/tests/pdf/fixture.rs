//! A report with made-up data, of any length, the same each time.

use std::{fs, path::PathBuf};

use report_worker::{
    pdf::{RenderError, Summary, render},
    report::{
        Align, Bar, BarChart, Column, Figure, Limits, ReportData, RowSource, RowSpool, SpooledRows,
        Table, Width,
    },
    theme::{Color, Theme},
};
use time::macros::datetime;

/// Names in the scripts that the fonts cover, some long enough to need two lines.
const PROJECTS: [&str; 12] = [
    "Harbour Analytics",
    "Blue Finch Logistics",
    "Façade Ingénierie",
    "Müller Öl GmbH & Co. KG, Niederlassung Süd-West",
    "Zażółć Gęślą Jaźń",
    "İstanbul Işık",
    "Ἀθηναϊκὴ Ναυτιλία",
    "Δίκτυο Θεσσαλονίκης",
    "Северный порт",
    "Українські дороги та мости південного узбережжя",
    "Tern & Gull Imports (AV, To, We.)",
    "Việt Nam Điện Lực",
];
const METRICS: [&str; 4] = [
    "API requests",
    "Stored GiB-hours",
    "Compute seconds",
    "Active seats",
];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The cells of one row.
pub(crate) type Cells = [String; 6];

/// Rows with different figures in each.
pub(crate) fn rows(number: usize) -> Vec<Cells> {
    (0..number)
        .map(|index| {
            let mixed = (index * 7919 + 13) % 10_007;
            let (month, day) = (index % 12 + 1, index % 28 + 1);
            [
                format!("2025-{month:02}-{day:02}"),
                format!("{} {index}", PROJECTS[index % PROJECTS.len()]),
                METRICS[mixed % METRICS.len()].to_owned(),
                (mixed * 13).to_string(),
                format!("0.{mixed:04}"),
                format!("{mixed}.{:02}", index % 100),
            ]
        })
        .collect()
}

/// A report with every block.
pub(crate) fn report() -> ReportData {
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

pub(crate) fn chart() -> BarChart {
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
    let column = |title: &str, align, width| Column {
        title: title.to_owned(),
        align,
        width,
    };
    Table {
        title: "Line items".to_owned(),
        columns: vec![
            column("Date", Align::Start, Width::Points(62.0)),
            column("Project", Align::Start, Width::Share(1.0)),
            column("Metric", Align::Start, Width::Points(92.0)),
            column("Quantity", Align::End, Width::Points(62.0)),
            column("Unit price", Align::End, Width::Points(62.0)),
            column("Amount", Align::End, Width::Points(78.0)),
        ],
        totals: ["Total", "", "", "", "", "1,284,310.55"]
            .map(str::to_owned)
            .to_vec(),
    }
}

/// The rows as a source.
pub(crate) fn spool(rows: &[Cells]) -> SpooledRows {
    let mut spool = RowSpool::new(u32::MAX);
    for row in rows {
        spool.push(row.iter().map(String::as_str)).unwrap();
    }
    spool.finish().unwrap()
}

/// The colour of the made-up tenant.
pub(crate) fn theme() -> Theme {
    Theme::with_brand("#0f766e".parse::<Color>().unwrap())
}

/// Renders into memory.
pub(crate) fn try_render(
    report: &ReportData,
    rows: &mut dyn RowSource,
    limits: &Limits,
) -> Result<(Summary, Vec<u8>), RenderError> {
    let mut out = Vec::new();
    let summary = render(report, &theme(), rows, limits, &mut out)?;
    Ok((summary, out))
}

/// A rendered report in a file that other programs can read.
pub(crate) struct Rendered {
    pub(crate) summary: Summary,
    pub(crate) bytes: Vec<u8>,
    pub(crate) path: PathBuf,
}

/// Renders rows into a file of this name below `target/tmp`.
pub(crate) fn render_file(name: &str, report: &ReportData, rows: &[Cells]) -> Rendered {
    render_source(name, report, &mut spool(rows))
}

/// Renders a source into a file of this name below `target/tmp`.
pub(crate) fn render_source(name: &str, report: &ReportData, rows: &mut dyn RowSource) -> Rendered {
    let (summary, bytes) = try_render(report, rows, &Limits::default()).unwrap();
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pdf"));
    fs::write(&path, &bytes).unwrap();
    Rendered {
        summary,
        bytes,
        path,
    }
}

/// Whether a page shows the cells of a row that fit one line, in their order.
pub(crate) fn shows(page: &str, row: &Cells) -> bool {
    page.lines().any(|line| {
        let mut rest = line;
        [&row[0], &row[2], &row[3], &row[4], &row[5]]
            .iter()
            .all(|cell| {
                let found = rest.split_once(cell.as_str());
                rest = found.map_or("", |(_, after)| after);
                found.is_some()
            })
    })
}
