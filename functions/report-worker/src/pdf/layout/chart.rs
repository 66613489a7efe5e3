//! A chart: one picture with a text for those who do not see it.

mod bars;
mod lines;
mod plot;
mod scale;
mod shares;

use crate::{
    pdf::{
        canvas::{Canvas, Rect, Ring, Stroke},
        document::Document,
        error::RenderError,
        structure::{Attributes, Role},
        text::{Style, Typesetter, plain},
    },
    report::{BarChart, Chart as Data, LineChart, ShareChart},
    theme::{Color, Theme},
};

use super::placed::Placed;

/// A line of text that reads the chart aloud; strings in PDF/A end at 32,767 bytes.
const ALTERNATIVE_BYTES_MAX: usize = 6000;
/// From the heading's baseline to the plot, with room for a value above the highest bar.
const HEADING_GAP: f64 = 22.0;
const LABEL_DROP: f64 = 11.0;
const LABEL_GAP: f64 = 2.0;

/// What a chart shows.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind<'c> {
    Bars(&'c BarChart),
    Lines(&'c LineChart),
    Shares(&'c ShareChart),
}

impl<'c> From<&'c Data> for Kind<'c> {
    fn from(chart: &'c Data) -> Self {
        match chart {
            Data::Bars(chart) => Self::Bars(chart),
            Data::Lines(chart) => Self::Lines(chart),
            Data::Shares(chart) => Self::Shares(chart),
        }
    }
}

impl Kind<'_> {
    fn title(&self) -> &str {
        match self {
            Self::Bars(chart) => &chart.title,
            Self::Lines(chart) => &chart.title,
            Self::Shares(chart) => &chart.title,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Bars(chart) => chart.bars.is_empty(),
            Self::Lines(chart) => chart.labels.is_empty() || chart.series.is_empty(),
            Self::Shares(chart) => chart.shares.is_empty(),
        }
    }
}

/// How charts are drawn.
pub(super) struct Look<'t> {
    pub(super) theme: &'t Theme,
    /// The decimal point of the report's language.
    pub(super) point: char,
}

impl Look<'_> {
    fn small(&self) -> Style {
        Style::regular(self.theme.sizes.small, self.theme.muted)
    }

    fn small_ink(&self) -> Style {
        Style::regular(self.theme.sizes.small, self.theme.ink)
    }
}

/// A chart, set and measured.
pub(super) struct Chart {
    heading: Placed,
    picture: Picture,
    page_height: f64,
}

/// What is drawn below the heading.
struct Picture {
    shapes: Vec<Shape>,
    texts: Vec<Placed>,
    alternative: String,
    bounds: Rect,
}

enum Shape {
    Rects(Vec<Rect>, Color),
    Line(Stroke),
    Ring(Ring),
}

impl Chart {
    /// The chart from `top` down; `None` when it shows nothing.
    pub(super) fn prepare(
        kind: Kind<'_>,
        look: &Look<'_>,
        top: f64,
        text: &mut Typesetter,
    ) -> Option<Self> {
        if kind.is_empty() {
            return None;
        }
        let (theme, paper) = (look.theme, look.theme.paper);
        let style = Style::bold(theme.sizes.heading, theme.ink);
        let heading = text.fit(style, kind.title().trim(), paper.content_width());
        let baseline = top + style.size;
        let mut picture = match kind {
            Kind::Bars(chart) => bars::picture(chart, look, baseline, text),
            Kind::Lines(chart) => lines::picture(chart, look, baseline, text),
            Kind::Shares(chart) => shares::picture(chart, look, baseline, text),
        };
        picture.alternative = plain(&picture.alternative, ALTERNATIVE_BYTES_MAX);
        Some(Self {
            heading: Placed::across(heading, style, &paper, baseline),
            picture,
            page_height: paper.height,
        })
    }

    pub(super) fn bottom(&self) -> f64 {
        self.picture.bounds.y + self.picture.bounds.height
    }

    pub(super) fn draw(&self, document: &mut Document<'_>) -> Result<(), RenderError> {
        if !self.heading.is_empty() {
            document.element(Role::Heading2, Attributes::None, |canvas| {
                self.heading.draw(canvas);
            })?;
        }
        let picture = Attributes::Picture {
            alternative: &self.picture.alternative,
            bounds: self.picture.bounds,
            page_height: self.page_height,
        };
        document.element(Role::Figure, picture, |canvas| self.picture.draw(canvas))
    }
}

impl Picture {
    fn draw(&self, canvas: &mut Canvas) {
        for shape in &self.shapes {
            match shape {
                Shape::Rects(rects, color) => canvas.fill_all(rects.iter().copied(), *color),
                Shape::Line(stroke) => canvas.stroke(stroke),
                Shape::Ring(ring) => canvas.ring(ring),
            }
        }
        for text in &self.texts {
            text.draw(canvas);
        }
    }
}
