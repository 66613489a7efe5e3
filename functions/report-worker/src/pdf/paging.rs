//! The first pass: how high each row is and on which page it stands.
//!
//! It needs only the widths of texts. One byte per row and four per page are kept for the second.

use std::{ops::Range, rc::Rc};

use crate::report::{Limits, Row, RowSource};

use super::{
    error::{Limit, RenderError},
    layout::{Front, TableLayout},
    text::{Line, Typesetter},
    units::count,
};

/// Where the pages break.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The lines of each row.
    lines: Vec<u8>,
    /// The first row of each page that the table is on, but the first such page.
    breaks: Vec<usize>,
    /// The pages that the blocks above the table take before the one they end on.
    front_pages: u32,
    front_alone: bool,
}

impl Plan {
    pub(crate) fn rows(&self) -> u32 {
        count(self.lines.len())
    }

    pub(crate) fn page_count(&self) -> u32 {
        self.front_pages + count(self.breaks.len()) + 1 + u32::from(self.front_alone)
    }

    /// Whether the first page has no room for the table.
    pub(crate) fn front_alone(&self) -> bool {
        self.front_alone
    }

    /// The rows of each page that the table is on.
    pub(crate) fn pages(&self) -> impl Iterator<Item = Range<usize>> {
        let starts = std::iter::once(0).chain(self.breaks.iter().copied());
        let ends = self.breaks.iter().copied().chain([self.lines.len()]);
        starts.zip(ends).map(|(start, end)| start..end)
    }

    /// The lines of some rows.
    pub(crate) fn lines(&self, rows: Range<usize>) -> &[u8] {
        self.lines.get(rows).unwrap_or_default()
    }
}

/// Reads all rows and finds the page breaks, below the blocks of the front.
pub(crate) fn measure(
    rows: &mut dyn RowSource,
    table: &TableLayout,
    front: &Front,
    limits: &Limits,
    text: &mut Typesetter,
) -> Result<Plan, RenderError> {
    let mut planner = Planner {
        plan: Plan {
            front_pages: front.pages().saturating_sub(1),
            ..Plan::default()
        },
        table,
        limits,
        y: table.first_row_below(front.bottom()),
    };
    planner.check_page()?;
    let mut row = Row::new();
    let mut lines: Vec<Rc<Line>> = Vec::new();
    rows.rewind().map_err(RenderError::Rows)?;
    while rows.next_row(&mut row).map_err(RenderError::Rows)? {
        let number = planner.plan.rows() + 1;
        if number > limits.rows {
            return Err(RenderError::too_large(Limit::Rows, limits.rows));
        }
        if row.len() != table.column_count() {
            return Err(RenderError::RowShape {
                row: number,
                found: row.len(),
                columns: table.column_count(),
            });
        }
        planner.add(table.lines_of(&row, text, &mut lines))?;
    }
    planner.finish()
}

struct Planner<'p> {
    plan: Plan,
    table: &'p TableLayout,
    limits: &'p Limits,
    /// Where the next row goes.
    y: f64,
}

impl Planner<'_> {
    fn add(&mut self, lines: u8) -> Result<(), RenderError> {
        let height = self.table.row_height(lines);
        if self.overflows(height) {
            self.break_page(self.plan.lines.len())?;
        }
        self.plan.lines.push(lines);
        self.y += height;
        Ok(())
    }

    fn finish(mut self) -> Result<Plan, RenderError> {
        let rows = self.plan.lines.len();
        let mut height = self.table.totals_height();
        if rows == 0 {
            height += self.table.row_height(1);
        }
        if self.overflows(height) {
            // The last row goes with the totals, so that these never stand alone.
            let keeps_a_row = self.rows_on_page() > 1;
            self.break_page(if keeps_a_row { rows - 1 } else { rows })?;
        }
        Ok(self.plan)
    }

    fn overflows(&self, height: f64) -> bool {
        self.y + height > self.table.page_bottom()
    }

    /// Begins a page with the row of this index.
    fn break_page(&mut self, row: usize) -> Result<(), RenderError> {
        let plan = &mut self.plan;
        if row > plan.breaks.last().copied().unwrap_or(0) {
            plan.breaks.push(row);
            self.y = self.table.first_row_on_next_page();
        } else if plan.breaks.is_empty() && !plan.front_alone {
            plan.front_alone = true;
            let above = self.table.above_on_new_page();
            self.y = self.table.first_row_below(above);
        }
        self.check_page()
    }

    fn rows_on_page(&self) -> usize {
        self.plan.lines.len() - self.plan.breaks.last().copied().unwrap_or(0)
    }

    fn check_page(&self) -> Result<(), RenderError> {
        let pages = self.plan.page_count();
        self.limits.check_pages(pages)?;
        self.limits.check_time(pages.saturating_sub(1))
    }
}
