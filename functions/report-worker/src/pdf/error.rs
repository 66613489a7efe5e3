//! Why a report could not be rendered.

use std::{fmt, io};

/// Why a report could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The report is larger than its limits allow.
    #[error("the report has more than {max} {limit}")]
    TooLarge {
        /// What there is too much of.
        limit: Limit,
        /// How much is allowed.
        max: u64,
    },
    /// The deadline passed.
    #[error("out of time after {pages} pages")]
    OutOfTime {
        /// Pages measured or drawn until then.
        pages: u32,
    },
    /// The table has no columns, or its totals do not fit them.
    #[error("the table has {columns} columns and {totals} totals")]
    TableShape {
        /// The number of columns.
        columns: usize,
        /// The number of totals.
        totals: usize,
    },
    /// A line of a chart has not one point for each label.
    #[error("a line has {points} points for {labels} labels")]
    ChartShape {
        /// The number of labels.
        labels: usize,
        /// The number of points.
        points: usize,
    },
    /// A row does not fit the columns.
    #[error("row {row} has {found} cells for {columns} columns")]
    RowShape {
        /// The row, counted from 1.
        row: u32,
        /// Its number of cells.
        found: usize,
        /// The number of columns.
        columns: usize,
    },
    /// The source gave other rows in the second pass than in the first.
    #[error("the rows changed while they were drawn")]
    RowsChanged,
    /// The rows could not be kept or read.
    #[error("the rows could not be read")]
    Rows(#[source] io::Error),
    /// The PDF could not be written.
    #[error("the pdf could not be written")]
    Output(#[source] io::Error),
    /// An embedded font could not be used.
    #[error("font {font}: {reason}")]
    Font {
        /// The font's name.
        font: &'static str,
        /// What went wrong.
        reason: String,
    },
}

/// What a report can have too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Rows of the table.
    Rows,
    /// Bytes of rows waiting to be drawn.
    RowBytes,
    /// Pages.
    Pages,
    /// Bytes of the file.
    Bytes,
    /// Objects of the file (ISO 19005-2, 6.1.13: 8,388,607).
    Objects,
    /// Key figures.
    Figures,
    /// Bars of the chart.
    Bars,
    /// Charts beside the first.
    Charts,
    /// Lines of a chart.
    Series,
    /// Points of a line.
    Points,
    /// Parts of a whole.
    Shares,
    /// Columns of the table.
    Columns,
}

impl RenderError {
    /// Whether the same report would fail again, so that trying once more is pointless.
    pub fn is_permanent(&self) -> bool {
        !matches!(self, Self::Rows(_) | Self::Output(_) | Self::RowsChanged)
    }

    pub(crate) fn too_large(limit: Limit, max: u32) -> Self {
        Self::TooLarge {
            limit,
            max: u64::from(max),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Rows => "rows",
            Self::RowBytes => "bytes of rows",
            Self::Pages => "pages",
            Self::Bytes => "bytes",
            Self::Objects => "objects",
            Self::Figures => "figures",
            Self::Bars => "bars",
            Self::Charts => "charts",
            Self::Series => "lines in a chart",
            Self::Points => "points in a line",
            Self::Shares => "parts in a chart",
            Self::Columns => "columns",
        })
    }
}
