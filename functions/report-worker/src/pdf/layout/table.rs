//! The table's measures: columns, head, heights of rows, totals.

use std::rc::Rc;

use crate::{
    pdf::{
        text::{Line, Style, Typesetter},
        units::{per_mille, times},
    },
    report::{Row, Table},
    theme::{Color, Theme},
};

use super::{
    BLOCK_GAP,
    columns::{ColumnBox, place},
};

/// The most lines of a cell; what is longer ends in an ellipsis. A row of them fits any page.
pub(super) const CELL_LINES_MAX: usize = 20;
const HEAD_LINES_MAX: usize = 3;
const ROW_PADDING: f64 = 3.6;
const HEAD_PADDING: f64 = 4.6;
/// Between the table's heading and its head.
const HEADING_GAP: f64 = 8.0;

/// The table, measured; its rows are drawn by [`super::draw_table`].
pub(crate) struct TableLayout {
    pub(super) heading: Rc<Line>,
    pub(super) heading_style: Style,
    pub(super) columns: Vec<ColumnBox>,
    pub(super) head: Strip,
    /// Without cells when there are no totals.
    pub(super) totals: Strip,
    pub(super) body: Style,
    pub(super) zebra: Color,
    pub(super) hairline: Color,
    pub(super) page_top: f64,
    pub(super) page_bottom: f64,
}

/// A row that stands out: the head or the totals.
pub(super) struct Strip {
    pub(super) cells: Vec<Vec<Rc<Line>>>,
    pub(super) style: Style,
    pub(super) background: Color,
    pub(super) padding: f64,
    pub(super) height: f64,
}

impl TableLayout {
    pub(crate) fn prepare(table: &Table, theme: &Theme, text: &mut Typesetter) -> Self {
        let (paper, sizes) = (theme.paper, theme.sizes);
        let columns = place(&table.columns, paper.side, paper.content_width());
        let heading_style = Style::bold(sizes.heading, theme.ink);
        let titles = table.columns.iter().map(|column| column.title.as_str());
        let head_style = Style::bold(sizes.body - 0.5, theme.on_brand());
        let totals = table.totals.iter().map(String::as_str);
        let totals_style = Style::bold(sizes.body, theme.brand_on(theme.tint()));
        Self {
            heading: text.fit(heading_style, table.title.trim(), paper.content_width()),
            heading_style,
            head: Strip::prepare(titles, &columns, head_style, theme.brand, text),
            totals: Strip::prepare(totals, &columns, totals_style, theme.tint(), text),
            columns,
            body: Style::regular(sizes.body, theme.ink),
            zebra: theme.zebra,
            hairline: theme.hairline,
            page_top: paper.top,
            page_bottom: paper.content_bottom(),
        }
    }

    pub(crate) fn column_count(&self) -> usize {
        self.columns.len()
    }

    /// Where the first row stands below blocks that end at `above`.
    pub(crate) fn first_row_below(&self, above: f64) -> f64 {
        self.head_below(above) + self.head.height
    }

    /// Where the first row stands on a page that the table continues on.
    pub(crate) fn first_row_on_next_page(&self) -> f64 {
        self.page_top + self.head.height
    }

    /// The top of the content on a page without other blocks, as the end of a block above it.
    pub(crate) fn above_on_new_page(&self) -> f64 {
        self.page_top - BLOCK_GAP
    }

    pub(crate) fn page_bottom(&self) -> f64 {
        self.page_bottom
    }

    pub(crate) fn row_height(&self, lines: u8) -> f64 {
        f64::from(lines) * self.body.leading() + 2.0 * ROW_PADDING
    }

    pub(crate) fn totals_height(&self) -> f64 {
        self.totals.height
    }

    /// How many lines a row takes; at least one.
    pub(crate) fn lines_of(
        &self,
        row: &Row,
        text: &mut Typesetter,
        lines: &mut Vec<Rc<Line>>,
    ) -> u8 {
        let counts = row.cells().zip(&self.columns).map(|(cell, column)| {
            let width = per_mille(column.text_width(), self.body.size);
            if text.are_fitting_figures(self.body.weight, cell.trim(), width) {
                return 1;
            }
            self.wrap_cell(cell, column, text, lines);
            lines.len()
        });
        u8::try_from(counts.max().unwrap_or(0).max(1)).unwrap_or(u8::MAX)
    }

    /// The lines of a cell; the same text always gives the same lines.
    pub(super) fn wrap_cell(
        &self,
        cell: &str,
        column: &ColumnBox,
        text: &mut Typesetter,
        lines: &mut Vec<Rc<Line>>,
    ) {
        wrap(cell, column, self.body, CELL_LINES_MAX, text, lines);
    }

    /// The baseline of a row's first line.
    pub(super) fn first_baseline(&self, row_top: f64) -> f64 {
        row_top + ROW_PADDING + self.body.baseline()
    }

    /// The baseline of the table's heading, below blocks that end at `above`.
    pub(super) fn heading_baseline(&self, above: f64) -> f64 {
        above + BLOCK_GAP + self.heading_style.size
    }

    /// Where the head stands, below blocks that end at `above`.
    pub(super) fn head_below(&self, above: f64) -> f64 {
        if self.heading.text.is_empty() {
            above + BLOCK_GAP
        } else {
            self.heading_baseline(above) + HEADING_GAP
        }
    }
}

impl Strip {
    fn prepare<'c>(
        cells: impl Iterator<Item = &'c str>,
        columns: &[ColumnBox],
        style: Style,
        background: Color,
        text: &mut Typesetter,
    ) -> Self {
        let cells: Vec<Vec<Rc<Line>>> = cells
            .zip(columns)
            .map(|(cell, column)| {
                let mut lines = Vec::new();
                wrap(cell, column, style, HEAD_LINES_MAX, text, &mut lines);
                lines
            })
            .collect();
        let lines = cells.iter().map(Vec::len).max().unwrap_or(0);
        let height = if lines == 0 {
            0.0
        } else {
            times(lines) * style.leading() + 2.0 * HEAD_PADDING
        };
        Self {
            cells,
            style,
            background,
            padding: HEAD_PADDING,
            height,
        }
    }
}

fn wrap(
    cell: &str,
    column: &ColumnBox,
    style: Style,
    lines_max: usize,
    text: &mut Typesetter,
    lines: &mut Vec<Rc<Line>>,
) {
    let width = per_mille(column.text_width(), style.size);
    text.wrap(style.weight, cell.trim(), width, lines_max, lines);
}
