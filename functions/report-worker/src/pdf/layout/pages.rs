//! What stands on each page: its number and, from the second on, what it is a page of.

use crate::{
    pdf::{
        canvas::Rect,
        document::Document,
        error::RenderError,
        text::{Style, Typesetter},
    },
    report::{ReportData, words},
    theme::{Color, Theme},
};

use super::placed::Placed;

/// The running head's baseline and line, from the top of the page.
const HEAD_BASELINE: f64 = 36.0;
const HEAD_LINE: f64 = 42.0;
const HEAD_LINE_THICKNESS: f64 = 1.0;
/// The foot's line and baseline, from the bottom of the page.
const FOOT_LINE: f64 = 42.0;
const FOOT_BASELINE: f64 = 29.0;
const FOOT_LINE_THICKNESS: f64 = 0.5;
/// The part of the width that a text on either side may take.
const SIDE_PART: f64 = 0.48;
/// Between two texts on one line.
const SEPARATOR: &str = " · ";

/// Begins and ends pages, and numbers them.
pub(crate) struct Pages {
    number: u32,
    count: u32,
    /// The running head, left and right, and the left of the foot.
    tenant: String,
    title: String,
    generated: String,
    style: Style,
    brand: Color,
    hairline: Color,
}

impl Pages {
    pub(crate) fn new(report: &ReportData, theme: &Theme, count: u32) -> Self {
        let (title, number) = (words::title(&report.title), report.number.trim());
        let separator = if number.is_empty() { "" } else { SEPARATOR };
        let line = match theme.line.trim() {
            "" => String::new(),
            line => format!("{SEPARATOR}{line}"),
        };
        Self {
            number: 0,
            count,
            tenant: report.tenant.trim().to_owned(),
            title: format!("{title}{separator}{number}"),
            generated: format!("{}{line}", words::generated(report.generated_at)),
            style: Style::regular(theme.sizes.small, theme.muted),
            brand: theme.brand,
            hairline: theme.hairline,
        }
    }

    /// Begins the next page.
    pub(crate) fn begin(
        &mut self,
        document: &mut Document<'_>,
        text: &mut Typesetter,
    ) -> Result<(), RenderError> {
        document.begin_page()?;
        self.number += 1;
        let paper = document.paper();
        let page_of = words::page_of(self.number, self.count);
        let (foot, line) = (paper.height - FOOT_BASELINE, paper.height - FOOT_LINE);
        Self::draw_line(document, line, FOOT_LINE_THICKNESS, self.hairline);
        self.draw_sides(document, text, foot, &self.generated, &page_of);
        if self.number > 1 {
            self.draw_sides(document, text, HEAD_BASELINE, &self.tenant, &self.title);
            Self::draw_line(document, HEAD_LINE, HEAD_LINE_THICKNESS, self.brand);
        }
        Ok(())
    }

    /// Ends the page and begins the next.
    pub(crate) fn next(
        &mut self,
        document: &mut Document<'_>,
        text: &mut Typesetter,
    ) -> Result<(), RenderError> {
        document.end_page()?;
        self.begin(document, text)
    }

    fn draw_sides(
        &self,
        document: &mut Document<'_>,
        text: &mut Typesetter,
        baseline: f64,
        left: &str,
        right: &str,
    ) {
        let paper = document.paper();
        let width = paper.content_width() * SIDE_PART;
        let left = text.fit(self.style, left, width);
        let right = text.fit(self.style, right, width);
        document.artifact(|canvas| {
            Placed::from_left(left, self.style, paper.side, baseline).draw(canvas);
            Placed::from_right(right, self.style, paper.right(), baseline).draw(canvas);
        });
    }

    fn draw_line(document: &mut Document<'_>, y: f64, thickness: f64, color: Color) {
        let paper = document.paper();
        let line = Rect {
            x: paper.side,
            y,
            width: paper.content_width(),
            height: thickness,
        };
        document.artifact(|canvas| canvas.fill(line, color));
    }
}
