//! How large a report may get and until when it may take.

use std::time::Instant;

use crate::pdf::{Limit, RenderError};

use super::ReportData;

/// The most key figures a report shows.
pub const FIGURES_MAX: usize = 8;
/// The most bars a chart shows: a month of days.
pub const BARS_MAX: usize = 31;
/// The most columns a table has; more would leave no room for words on a page.
pub const COLUMNS_MAX: usize = 12;

/// How large a report may get and until when it may take.
///
/// A report beyond a limit fails with [`RenderError::TooLarge`] or [`RenderError::OutOfTime`]; rows
/// and pages are counted before the first byte is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The most rows of the table.
    pub rows: u32,
    /// The most pages.
    pub pages: u32,
    /// The most bytes of the file.
    pub bytes: u64,
    /// When rendering has to end; looked at on every page of both passes. `None` for never.
    pub deadline: Option<Instant>,
}

impl Default for Limits {
    /// 50,000 rows, 4,000 pages, 64 MiB, no deadline.
    fn default() -> Self {
        Self {
            rows: 50_000,
            pages: 4_000,
            bytes: 64 << 20,
            deadline: None,
        }
    }
}

impl Limits {
    /// Fails when the deadline has passed after so many pages.
    pub(crate) fn check_time(&self, pages: u32) -> Result<(), RenderError> {
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(RenderError::OutOfTime { pages }),
            _ => Ok(()),
        }
    }

    /// Fails when there are more pages than allowed.
    pub(crate) fn check_pages(&self, pages: u32) -> Result<(), RenderError> {
        if pages > self.pages {
            return Err(RenderError::too_large(Limit::Pages, self.pages));
        }
        Ok(())
    }

    /// Fails when a block holds more than a page can show.
    pub(crate) fn check_blocks(report: &ReportData) -> Result<(), RenderError> {
        let bars = report.chart.as_ref().map_or(0, |chart| chart.bars.len());
        let columns = report.table.columns.len();
        let totals = report.table.totals.len();
        for (limit, found, max) in [
            (Limit::Figures, report.figures.len(), FIGURES_MAX),
            (Limit::Bars, bars, BARS_MAX),
            (Limit::Columns, columns, COLUMNS_MAX),
        ] {
            if found > max {
                return Err(RenderError::too_large(
                    limit,
                    u32::try_from(max).unwrap_or(u32::MAX),
                ));
            }
        }
        if columns == 0 || (totals != 0 && totals != columns) {
            return Err(RenderError::TableShape { columns, totals });
        }
        Ok(())
    }
}
