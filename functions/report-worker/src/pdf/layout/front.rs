//! The blocks above the table on the first page.

use crate::{
    pdf::{document::Document, error::RenderError, text::Typesetter},
    report::ReportData,
    theme::Theme,
};

use super::{BLOCK_GAP, chart::Chart, figures::Tiles, masthead::Masthead};

/// The blocks above the table on the first page.
pub(crate) struct Front {
    masthead: Masthead,
    tiles: Option<Tiles>,
    chart: Option<Chart>,
    bottom: f64,
}

impl Front {
    pub(crate) fn prepare(report: &ReportData, theme: &Theme, text: &mut Typesetter) -> Self {
        let masthead = Masthead::prepare(report, theme, text);
        let mut bottom = masthead.bottom();
        let tiles = Tiles::prepare(&report.figures, theme, bottom + BLOCK_GAP, text);
        if let Some(tiles) = &tiles {
            bottom = tiles.bottom();
        }
        let chart = report
            .chart
            .as_ref()
            .and_then(|chart| Chart::prepare(chart, theme, bottom + BLOCK_GAP, text));
        if let Some(chart) = &chart {
            bottom = chart.bottom();
        }
        Self {
            masthead,
            tiles,
            chart,
            bottom,
        }
    }

    /// Where the last block ends.
    pub(crate) fn bottom(&self) -> f64 {
        self.bottom
    }

    pub(crate) fn draw(&self, document: &mut Document<'_>) -> Result<(), RenderError> {
        self.masthead.draw(document)?;
        if let Some(tiles) = &self.tiles {
            tiles.draw(document)?;
        }
        if let Some(chart) = &self.chart {
            chart.draw(document)?;
        }
        Ok(())
    }
}
