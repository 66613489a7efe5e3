//! What a report shows: plain data, free of fonts, colours and page geometry.
//!
//! Texts may hold anything a tenant typed. The engine draws what it can, shows U+FFFD for what it
//! cannot, and cuts what has no room; no text makes it fail.

use time::OffsetDateTime;

mod blocks;
mod charts;
mod limits;
mod numerals;
mod rows;
mod spool;
pub(crate) mod words;

pub use blocks::{Align, Bar, BarChart, Column, Figure, Table, Width};
pub use charts::{Chart, LineChart, Point, Series, Share, ShareChart};
pub use limits::{
    BARS_MAX, CHARTS_MAX, COLUMNS_MAX, FIGURES_MAX, Limits, POINTS_MAX, SERIES_MAX, SHARES_MAX,
};
pub use numerals::Numerals;
pub use rows::{CELL_BYTES_MAX, Row, RowSource};
pub use spool::{RowSpool, SPOOL_BYTES_MAX, SPOOL_MEMORY_BYTES, SpooledRows};

/// Everything a report shows but its rows, which come from a [`RowSource`].
///
/// Two equal values with equal rows give the same PDF, byte for byte: dates come from here, never
/// from the clock.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportData {
    /// The texts' language as a BCP 47 tag, read out by screen readers. Anything else counts as `en`.
    pub language: String,
    /// How figures are written, as a BCP 47 tag. Anything else counts as `en`.
    pub locale: String,
    /// The tenant's name, as the tenant writes it.
    pub tenant: String,
    /// The report's title.
    pub title: String,
    /// The report's own number or reference; empty for none.
    pub number: String,
    /// The time the data cover, in words; empty for none.
    pub period: String,
    /// When the data were read.
    pub generated_at: OffsetDateTime,
    /// Key figures, shown as tiles; at most [`FIGURES_MAX`].
    pub figures: Vec<Figure>,
    /// Charts between the figures and the table, from top to bottom; at most [`CHARTS_MAX`].
    pub charts: Vec<Chart>,
    /// The table that the rows fill.
    pub table: Table,
}
