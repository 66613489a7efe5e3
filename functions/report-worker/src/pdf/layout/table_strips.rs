//! Draws the rows of the table that stand out: its head, on each page, and its totals.

use std::rc::Rc;

use crate::pdf::{
    canvas::Canvas,
    error::RenderError,
    structure::{Attributes, Role},
    text::Line,
    writer::Ref,
};

use super::{
    columns::ColumnBox,
    table::Strip,
    table_body::{Drawing, draw_lines},
};

impl Drawing<'_, '_> {
    /// The head on its first page, where it belongs to the table.
    pub(super) fn head(&mut self) -> Result<(), RenderError> {
        let strip = &self.table.head;
        self.background(strip);
        let (group, row) = (self.document.begin_branch(), self.document.begin_branch());
        let cells = self.strip_cells(strip, row, |_index| {
            (Role::HeaderCell, Attributes::ColumnHeader)
        })?;
        self.end_group(group, Role::TableHead, row, &cells)?;
        self.y += strip.height;
        Ok(())
    }

    /// The head on a further page, where it only repeats what was said.
    pub(super) fn repeated_head(&mut self) {
        let (table, y) = (self.table, self.y);
        self.background(&table.head);
        self.document.artifact(|canvas| {
            for (column, lines) in table.columns.iter().zip(&table.head.cells) {
                draw_strip_cell(canvas, &table.head, column, lines, y);
            }
        });
        self.y += table.head.height;
    }

    /// The totals, after the last row.
    pub(super) fn totals(&mut self) -> Result<(), RenderError> {
        let strip = &self.table.totals;
        if strip.cells.is_empty() {
            return Ok(());
        }
        self.background(strip);
        self.rule(self.y, strip.style.color);
        let (group, row) = (self.document.begin_branch(), self.document.begin_branch());
        let cells = self.strip_cells(strip, row, |index| match index {
            0 => (Role::HeaderCell, Attributes::RowHeader),
            _ => (Role::DataCell, Attributes::None),
        })?;
        self.end_group(group, Role::TableFoot, row, &cells)?;
        self.y += strip.height;
        Ok(())
    }

    fn strip_cells(
        &mut self,
        strip: &Strip,
        row: Ref,
        kind: impl Fn(usize) -> (Role, Attributes<'static>),
    ) -> Result<Vec<Ref>, RenderError> {
        let y = self.y;
        let mut cells = Vec::with_capacity(strip.cells.len());
        for (index, (column, lines)) in self.table.columns.iter().zip(&strip.cells).enumerate() {
            let (role, attributes) = kind(index);
            cells.push(self.document.leaf(role, row, attributes, |canvas| {
                draw_strip_cell(canvas, strip, column, lines, y);
            })?);
        }
        Ok(cells)
    }

    fn background(&mut self, strip: &Strip) {
        let rect = self.across(self.y, strip.height);
        self.document
            .artifact(|canvas| canvas.fill(rect, strip.background));
    }
}

fn draw_strip_cell(
    canvas: &mut Canvas,
    strip: &Strip,
    column: &ColumnBox,
    lines: &[Rc<Line>],
    top: f64,
) {
    let baseline = top + strip.padding + strip.style.baseline();
    draw_lines(canvas, lines, strip.style, column, baseline);
}
