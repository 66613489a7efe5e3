//! Draws the table, page by page, as its rows come.

use std::{ops::Range, rc::Rc};

use crate::{
    pdf::{
        canvas::{Canvas, Rect},
        document::Document,
        error::RenderError,
        paging::Plan,
        structure::{Attributes, Role},
        text::{Line, Style, Typesetter},
        units::{count, times},
        writer::Ref,
    },
    report::{Align, Row, RowSource, words},
    theme::Color,
};

use super::{Front, Pages, TableLayout, columns::ColumnBox, placed::Placed};

const LINE_THICKNESS: f64 = 0.75;

/// Draws the table below the blocks of the first page, and on as many more as it needs.
pub(crate) fn draw_table(
    table: &TableLayout,
    rows: &mut dyn RowSource,
    plan: &Plan,
    front: &Front,
    pages: &mut Pages,
    document: &mut Document<'_>,
    text: &mut Typesetter,
) -> Result<(), RenderError> {
    rows.rewind().map_err(RenderError::Rows)?;
    let above = if plan.front_alone() {
        pages.next(document, text)?;
        table.above_on_new_page()
    } else {
        front.bottom()
    };
    let element = document.begin_branch();
    let mut drawing = Drawing {
        table,
        element,
        children: Vec::new(),
        row: Row::new(),
        lines: Vec::new(),
        document,
        text,
        y: table.head_below(above),
    };
    drawing.heading(above)?;
    for (index, range) in plan.pages().enumerate() {
        if index == 0 {
            drawing.head()?;
        } else {
            pages.next(drawing.document, drawing.text)?;
            drawing.y = table.page_top;
            drawing.repeated_head();
        }
        drawing.body(rows, plan, range)?;
    }
    if rows.next_row(&mut drawing.row).map_err(RenderError::Rows)? {
        return Err(RenderError::RowsChanged);
    }
    if plan.rows() == 0 {
        drawing.no_rows()?;
    }
    drawing.totals()?;
    let children = drawing.children;
    document.append_branch(element, Role::Table, &children)?;
    document.end_page()
}

/// The table while it is drawn.
pub(super) struct Drawing<'d, 'w> {
    pub(super) table: &'d TableLayout,
    pub(super) document: &'d mut Document<'w>,
    text: &'d mut Typesetter,
    element: Ref,
    /// Head, one body per page, foot.
    children: Vec<Ref>,
    row: Row,
    lines: Vec<Rc<Line>>,
    /// Where the next row goes.
    pub(super) y: f64,
}

impl Drawing<'_, '_> {
    fn heading(&mut self, above: f64) -> Result<(), RenderError> {
        let (table, paper) = (self.table, self.document.paper());
        if table.heading.text.is_empty() {
            return Ok(());
        }
        let (line, style) = (Rc::clone(&table.heading), table.heading_style);
        let heading = Placed::across(line, style, &paper, table.heading_baseline(above));
        self.document
            .element(Role::Heading2, Attributes::None, |canvas| {
                heading.draw(canvas);
            })
    }

    /// The rows of one page.
    fn body(
        &mut self,
        rows: &mut dyn RowSource,
        plan: &Plan,
        range: Range<usize>,
    ) -> Result<(), RenderError> {
        if range.is_empty() {
            return Ok(());
        }
        let heights = plan.lines(range.clone());
        self.stripes(range.start, heights);
        let group = self.document.begin_branch();
        let mut children = Vec::with_capacity(range.len());
        for &lines_max in heights {
            let is_row = rows.next_row(&mut self.row).map_err(RenderError::Rows)?;
            if !is_row || self.row.len() != self.table.columns.len() {
                return Err(RenderError::RowsChanged);
            }
            children.push(self.row(group, usize::from(lines_max))?);
            self.y += self.table.row_height(lines_max);
        }
        let parent = self.element;
        self.document
            .end_branch(group, Role::TableBody, parent, &children)?;
        self.children.push(group);
        self.rule(self.y, self.table.hairline);
        Ok(())
    }

    /// One row, which must not have become higher since it was measured.
    fn row(&mut self, group: Ref, lines_max: usize) -> Result<Ref, RenderError> {
        let row = self.document.begin_branch();
        let mut cells = Vec::with_capacity(self.table.columns.len());
        let (style, baseline) = (self.table.body, self.table.first_baseline(self.y));
        for (cell, column) in self.row.cells().zip(&self.table.columns) {
            self.table
                .wrap_cell(cell, column, self.text, &mut self.lines);
            if self.lines.len() > lines_max {
                return Err(RenderError::RowsChanged);
            }
            let lines = &self.lines;
            cells.push(
                self.document
                    .leaf(Role::DataCell, row, Attributes::None, |canvas| {
                        draw_lines(canvas, lines, style, column, baseline);
                    })?,
            );
        }
        self.document
            .end_branch(row, Role::TableRow, group, &cells)?;
        Ok(row)
    }

    /// One cell across all columns that says that there is nothing.
    fn no_rows(&mut self) -> Result<(), RenderError> {
        let Some(first) = self.table.columns.first() else {
            return Ok(());
        };
        let (style, baseline) = (self.table.body, self.table.first_baseline(self.y));
        let line = self.text.line(style.weight, words::NO_ROWS);
        let (group, row) = (self.document.begin_branch(), self.document.begin_branch());
        let span = Attributes::ColumnSpan(count(self.table.columns.len()));
        let column = ColumnBox {
            align: Align::Start,
            ..*first
        };
        let cell = self.document.leaf(Role::DataCell, row, span, |canvas| {
            draw_lines(canvas, &[line], style, &column, baseline);
        })?;
        self.end_group(group, Role::TableBody, row, &[cell])?;
        self.y += self.table.row_height(1);
        self.rule(self.y, self.table.hairline);
        Ok(())
    }

    /// Writes a group that has one row.
    pub(super) fn end_group(
        &mut self,
        group: Ref,
        role: Role,
        row: Ref,
        cells: &[Ref],
    ) -> Result<(), RenderError> {
        self.document
            .end_branch(row, Role::TableRow, group, cells)?;
        self.document
            .end_branch(group, role, self.element, &[row])?;
        self.children.push(group);
        Ok(())
    }

    /// The stripes of one page's rows, as one path.
    fn stripes(&mut self, first: usize, heights: &[u8]) {
        let (table, mut y) = (self.table, self.y);
        let stripes: Vec<Rect> = (first..)
            .zip(heights)
            .filter_map(|(index, &lines)| {
                let stripe = self.across(y, table.row_height(lines));
                y += stripe.height;
                (index % 2 == 1).then_some(stripe)
            })
            .collect();
        if !stripes.is_empty() {
            self.document
                .artifact(|canvas| canvas.fill_all(stripes, table.zebra));
        }
    }

    pub(super) fn rule(&mut self, y: f64, color: Color) {
        let rect = self.across(y, LINE_THICKNESS);
        self.document.artifact(|canvas| canvas.fill(rect, color));
    }

    /// A rectangle across the page.
    pub(super) fn across(&self, y: f64, height: f64) -> Rect {
        let paper = self.document.paper();
        Rect {
            x: paper.side,
            y,
            width: paper.content_width(),
            height,
        }
    }
}

/// Draws the lines of a cell, the first on this baseline.
///
/// Words that are read from right to left begin at the right.
pub(super) fn draw_lines(
    canvas: &mut Canvas,
    lines: &[Rc<Line>],
    style: Style,
    column: &ColumnBox,
    first_baseline: f64,
) {
    for (index, line) in lines.iter().enumerate() {
        let baseline = first_baseline + times(index) * style.leading();
        if column.align == Align::End || line.goes_left() {
            canvas.text_before(line, style, column.text_right(), baseline);
        } else {
            canvas.text(line, style, column.text_left(), baseline);
        }
    }
}
