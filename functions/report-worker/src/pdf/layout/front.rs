//! The blocks above the table: on the first page, and on as many more as they need.

use crate::{
    pdf::{document::Document, error::RenderError, text::Typesetter, units::count},
    report::{Numerals, ReportData},
    theme::Theme,
};

use super::{
    BLOCK_GAP, Pages,
    chart::{Chart, Kind, Look},
    figures::Tiles,
    masthead::Masthead,
};

/// The blocks above the table.
pub(crate) struct Front {
    masthead: Masthead,
    tiles: Option<Tiles>,
    /// The charts of each page; the first page is that of the masthead.
    charts: Vec<Vec<Chart>>,
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
        let mut front = Self {
            masthead,
            tiles,
            charts: vec![Vec::new()],
            bottom,
        };
        let point = Numerals::of(&report.locale).point();
        let look = Look { theme, point };
        for chart in &report.charts {
            front.add(Kind::from(chart), &look, text);
        }
        front
    }

    /// Adds a chart below the last block, or on a new page where there is no room.
    fn add(&mut self, kind: Kind<'_>, look: &Look<'_>, text: &mut Typesetter) {
        let paper = look.theme.paper;
        let Some(mut chart) = Chart::prepare(kind, look, self.bottom + BLOCK_GAP, text) else {
            return;
        };
        if chart.bottom() > paper.content_bottom()
            && let Some(moved) = Chart::prepare(kind, look, paper.top, text)
        {
            chart = moved;
            self.charts.push(Vec::new());
        }
        self.bottom = chart.bottom();
        if let Some(page) = self.charts.last_mut() {
            page.push(chart);
        }
    }

    /// Where the last block ends, on its page.
    pub(crate) fn bottom(&self) -> f64 {
        self.bottom
    }

    /// How many pages the blocks begin, the first among them.
    pub(crate) fn pages(&self) -> u32 {
        count(self.charts.len())
    }

    pub(crate) fn draw(
        &self,
        pages: &mut Pages,
        document: &mut Document<'_>,
        text: &mut Typesetter,
    ) -> Result<(), RenderError> {
        self.masthead.draw(document)?;
        if let Some(tiles) = &self.tiles {
            tiles.draw(document)?;
        }
        for (page, charts) in self.charts.iter().enumerate() {
            if page > 0 {
                pages.next(document, text)?;
            }
            for chart in charts {
                chart.draw(document)?;
            }
        }
        Ok(())
    }
}
