//! One row of a table, and where rows come from.

use std::io;

/// The most bytes of one cell; a longer text is cut and ends in an ellipsis.
pub const CELL_BYTES_MAX: usize = 4096;

/// Rows that can be read twice.
///
/// The engine reads them once to find the page breaks ("page 1 of 9" stands on the first page) and
/// once to draw them. It holds one row at a time, so a source decides how much memory rows take;
/// [`super::RowSpool`] makes one out of rows that can be read only once, as those of a database
/// cursor.
pub trait RowSource {
    /// Goes back to the first row.
    fn rewind(&mut self) -> io::Result<()>;

    /// Puts the next row into `row`, whatever that held; `false` after the last.
    fn next_row(&mut self, row: &mut Row) -> io::Result<bool>;
}

/// The cells of one row, in one reusable buffer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    text: String,
    ends: Vec<usize>,
}

impl Row {
    /// A row without cells.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes all cells out, keeping the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Adds a cell on the right, cut to [`CELL_BYTES_MAX`].
    pub fn push(&mut self, cell: &str) {
        let (kept, ellipsis) = cut(cell);
        self.text.push_str(kept);
        self.text.push_str(ellipsis);
        self.ends.push(self.text.len());
    }

    /// The number of cells.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the row has no cells.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The cells from left to right.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let cell = self.text.get(start..end).unwrap_or_default();
            start = end;
            cell
        })
    }
}

/// The part of a cell that is kept, and the ellipsis when that is not the whole.
pub(super) fn cut(cell: &str) -> (&str, &'static str) {
    const ELLIPSIS: &str = "…";
    if cell.len() <= CELL_BYTES_MAX {
        return (cell, "");
    }
    let end = cell.floor_char_boundary(CELL_BYTES_MAX - ELLIPSIS.len());
    (cell.get(..end).unwrap_or_default(), ELLIPSIS)
}
