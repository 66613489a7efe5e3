//! The PDF engine: lays a report out, page by page, and writes it as it goes.
//!
//! Two passes over the rows. The first finds the page breaks and keeps one byte per row; the second
//! draws. Each page is deflated and written when it is full, structure elements are packed into
//! object streams, the fonts are cut down to the glyphs that were used at the very end. So memory
//! holds one page, one byte per row and eight bytes per PDF object, however long the report.
//!
//! The file conforms to PDF/A-2a (ISO 19005-2) and PDF/UA-1 (ISO 14289-1).

use std::io::Write;

use crate::{
    report::{Limits, ReportData, RowSource},
    theme::Theme,
};

mod canvas;
mod document;
mod error;
mod fonts;
mod layout;
mod metadata;
mod paging;
mod structure;
mod text;
mod units;
mod writer;

pub use error::{Limit, RenderError};

use document::Document;
use layout::{Front, Pages, TableLayout, draw_table, turned};
use text::Typesetter;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// The number of pages.
    pub pages: u32,
    /// The number of rows of the table.
    pub rows: u32,
    /// The size of the file.
    pub bytes: u64,
    /// The file's SHA-256.
    pub sha256: [u8; 32],
}

/// Renders a report as a PDF into `out`.
///
/// The same report, theme and rows give the same bytes. What was written before an error is not a
/// PDF; the caller throws it away. The work is pure computation: call it off the async threads.
pub fn render(
    report: &ReportData,
    theme: &Theme,
    rows: &mut dyn RowSource,
    limits: &Limits,
    out: &mut dyn Write,
) -> Result<Summary, RenderError> {
    Limits::check_blocks(report)?;
    let theme = &*turned(theme, &report.table.columns);
    let mut text = Typesetter::new()?;
    let front = Front::prepare(report, theme, &mut text);
    let table = TableLayout::prepare(&report.table, theme, &mut text);
    let plan = paging::measure(rows, &table, &front, limits, &mut text)?;

    let mut document = Document::open(out, theme, limits)?;
    let mut pages = Pages::new(report, theme, plan.page_count());
    pages.begin(&mut document, &mut text)?;
    front.draw(&mut pages, &mut document, &mut text)?;
    draw_table(
        &table,
        rows,
        &plan,
        &front,
        &mut pages,
        &mut document,
        &mut text,
    )?;
    let written = document.finish(report, text.fonts())?;
    Ok(Summary {
        pages: plan.page_count(),
        rows: plan.rows(),
        bytes: written.bytes,
        sha256: written.sha256,
    })
}
