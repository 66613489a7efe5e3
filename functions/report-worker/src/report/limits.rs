//! How large a report may get and until when it may take.

use std::time::Instant;

use shared::config::{self, ConfigError};

use crate::pdf::{Limit, RenderError};

use super::{Chart, ReportData};

/// The most key figures a report shows.
pub const FIGURES_MAX: usize = 8;
/// The most bars a chart shows: a month of days.
pub const BARS_MAX: usize = 31;
/// The most charts beside the first.
pub const CHARTS_MAX: usize = 6;
/// The most lines of a chart; more cannot be told apart.
pub const SERIES_MAX: usize = 4;
/// The most points of a line: a year of days.
pub const POINTS_MAX: usize = 366;
/// The most parts of a whole; what is smaller belongs into one named "other".
pub const SHARES_MAX: usize = 8;
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
    /// The default, with as many rows as `REPORT_ROWS_MAX` says.
    pub fn from_environment() -> Result<Self, ConfigError> {
        let default = Self::default();
        Ok(Self {
            rows: config::parsed("REPORT_ROWS_MAX", default.rows)?,
            ..default
        })
    }

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
        Self::check_charts(report)?;
        let columns = report.table.columns.len();
        let totals = report.table.totals.len();
        for (limit, found, max) in [
            (Limit::Figures, report.figures.len(), FIGURES_MAX),
            (Limit::Charts, report.charts.len(), CHARTS_MAX),
            (Limit::Columns, columns, COLUMNS_MAX),
        ] {
            check(limit, found, max)?;
        }
        if columns == 0 || (totals != 0 && totals != columns) {
            return Err(RenderError::TableShape { columns, totals });
        }
        Ok(())
    }

    fn check_charts(report: &ReportData) -> Result<(), RenderError> {
        for chart in &report.charts {
            match chart {
                Chart::Bars(chart) => check(Limit::Bars, chart.bars.len(), BARS_MAX)?,
                Chart::Shares(chart) => check(Limit::Shares, chart.shares.len(), SHARES_MAX)?,
                Chart::Lines(chart) => {
                    let labels = chart.labels.len();
                    check(Limit::Series, chart.series.len(), SERIES_MAX)?;
                    check(Limit::Points, labels, POINTS_MAX)?;
                    for series in &chart.series {
                        let points = series.points.len();
                        if points != labels {
                            return Err(RenderError::ChartShape { labels, points });
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// Fails when there is more of something than a page can show.
fn check(limit: Limit, found: usize, max: usize) -> Result<(), RenderError> {
    if found > max {
        return Err(RenderError::too_large(
            limit,
            u32::try_from(max).unwrap_or(u32::MAX),
        ));
    }
    Ok(())
}
