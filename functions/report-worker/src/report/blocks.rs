//! The parts of a report: key figures, a bar chart, and the head and foot of its table.

/// A key figure: one number a reader looks for first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What is counted.
    pub label: String,
    /// The number, formatted for the reader.
    pub value: String,
    /// A remark below the number; empty for none.
    pub note: String,
}

/// A bar chart of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct BarChart {
    /// The chart's heading.
    pub title: String,
    /// The bars from left to right; at most [`super::BARS_MAX`].
    pub bars: Vec<Bar>,
}

/// One bar of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// The text below the bar.
    pub label: String,
    /// The bar's height, above or below zero; a value that is not finite draws no bar.
    pub value: f64,
    /// The value as the reader sees and hears it.
    pub text: String,
}

/// The head and foot of a table; its body is a [`super::RowSource`].
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The table's heading.
    pub title: String,
    /// The columns from left to right: at least one, at most [`super::COLUMNS_MAX`].
    pub columns: Vec<Column>,
    /// One text per column for a last, emphasised row; empty for none.
    pub totals: Vec<String>,
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The text in the table's head, repeated on each page.
    pub title: String,
    /// Where cells stand in the column.
    pub align: Align,
    /// How wide the column is.
    pub width: Width,
}

/// Where a cell's lines stand in their column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// At the left edge: words.
    Start,
    /// At the right edge: figures.
    End,
}

/// How wide a column is. A table always fills the width of the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Width {
    /// In points (1/72 inch); shrinks when the page has no room.
    Points(f64),
    /// A weight in dividing what the fixed columns leave.
    Share(f64),
}
