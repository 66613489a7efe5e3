//! A bar chart: one picture with a text for those who do not see it.

use std::rc::Rc;

use crate::{
    pdf::{
        canvas::{Canvas, Rect},
        document::Document,
        error::RenderError,
        structure::{Attributes, Role},
        text::{Line, Style, Typesetter, plain},
        units::{points, times},
    },
    report::{Bar, BarChart, words},
    theme::{Color, Theme},
};

use super::{placed::Placed, scale::Scale};

const PLOT_HEIGHT: f64 = 96.0;
/// From the heading's baseline to the plot, with room for a value above the highest bar.
const HEADING_GAP: f64 = 22.0;
const LABEL_DROP: f64 = 11.0;
const LABEL_GAP: f64 = 2.0;
const VALUE_LIFT: f64 = 3.0;
const TICK_GAP: f64 = 6.0;
const TICK_WIDTH_MAX: f64 = 60.0;
const LINE_THICKNESS: f64 = 0.5;
/// The part of its place that a bar fills.
const BAR_PART: f64 = 0.62;
const BAR_WIDTH_MAX: f64 = 42.0;
/// A line of text that reads the chart aloud; strings in PDF/A end at 32,767 bytes.
const ALTERNATIVE_BYTES_MAX: usize = 6000;

/// A bar chart, set and measured.
pub(super) struct Chart {
    heading: Placed,
    grid: Vec<Rect>,
    bars: Vec<Rect>,
    /// Where grid lines give way to values.
    clearings: Vec<Rect>,
    texts: Vec<Placed>,
    line_color: Color,
    bar_color: Color,
    alternative: String,
    bounds: Rect,
    page_height: f64,
}

/// Where the bars stand.
struct Plot {
    area: Rect,
    scale: Scale,
    /// The width of one bar's place.
    place: f64,
}

impl Chart {
    /// The chart from `top` down; `None` when it has no bars.
    pub(super) fn prepare(
        chart: &BarChart,
        theme: &Theme,
        top: f64,
        text: &mut Typesetter,
    ) -> Option<Self> {
        if chart.bars.is_empty() {
            return None;
        }
        let paper = theme.paper;
        let heading_style = Style::bold(theme.sizes.heading, theme.ink);
        let small = Style::regular(theme.sizes.small, theme.muted);
        let heading = text.fit(heading_style, chart.title.trim(), paper.content_width());
        let heading =
            Placed::from_left(heading, heading_style, paper.side, top + heading_style.size);

        let scale = Scale::over(chart.bars.iter().map(|bar| bar.value));
        let ticks: Vec<(f64, Rc<Line>)> = scale
            .ticks()
            .map(|tick| (tick, text.fit(small, &scale.label(tick), TICK_WIDTH_MAX)))
            .collect();
        let tick_width = ticks.iter().map(|(_, line)| points(line.width, small.size));
        let axis = paper.side + tick_width.fold(0.0, f64::max) + TICK_GAP;
        let area = Rect {
            x: axis,
            y: top + heading_style.size + HEADING_GAP,
            width: paper.right() - axis,
            height: PLOT_HEIGHT,
        };
        let plot = Plot {
            area,
            scale,
            place: area.width / times(chart.bars.len()),
        };

        let mut texts = plot.tick_labels(&ticks, small);
        texts.extend(plot.bar_labels(&chart.bars, small, text));
        let value_style = Style::regular(small.size, theme.ink);
        let (values, clearings) = plot.bar_values(&chart.bars, value_style, text);
        texts.extend(values);
        let values = chart
            .bars
            .iter()
            .map(|bar| (bar.label.as_str(), bar.text.as_str()));
        Some(Self {
            heading,
            grid: ticks
                .iter()
                .map(|(tick, _)| plot.grid_line(*tick))
                .collect(),
            bars: (0..)
                .zip(&chart.bars)
                .filter_map(|(index, bar)| plot.bar(index, bar.value))
                .collect(),
            clearings,
            texts,
            line_color: theme.hairline,
            bar_color: theme.brand,
            alternative: plain(
                &words::chart_alternative(&chart.title, values),
                ALTERNATIVE_BYTES_MAX,
            ),
            bounds: Rect {
                x: paper.side,
                y: area.y - HEADING_GAP / 2.0,
                width: paper.content_width(),
                height: HEADING_GAP / 2.0 + PLOT_HEIGHT + LABEL_DROP + 4.0,
            },
            page_height: paper.height,
        })
    }

    pub(super) fn bottom(&self) -> f64 {
        self.bounds.y + self.bounds.height
    }

    pub(super) fn draw(&self, document: &mut Document<'_>) -> Result<(), RenderError> {
        if !self.heading.is_empty() {
            document.element(Role::Heading2, Attributes::None, |canvas| {
                self.heading.draw(canvas);
            })?;
        }
        let picture = Attributes::Picture {
            alternative: &self.alternative,
            bounds: self.bounds,
            page_height: self.page_height,
        };
        document.element(Role::Figure, picture, |canvas| self.draw_picture(canvas))
    }

    fn draw_picture(&self, canvas: &mut Canvas) {
        canvas.fill_all(self.grid.iter().copied(), self.line_color);
        canvas.fill_all(self.clearings.iter().copied(), Color::WHITE);
        canvas.fill_all(self.bars.iter().copied(), self.bar_color);
        for text in &self.texts {
            text.draw(canvas);
        }
    }
}

impl Plot {
    fn y(&self, value: f64) -> f64 {
        self.area.y + self.area.height * (1.0 - self.scale.part(value))
    }

    fn center(&self, index: u32) -> f64 {
        self.area.x + (f64::from(index) + 0.5) * self.place
    }

    fn grid_line(&self, tick: f64) -> Rect {
        Rect {
            x: self.area.x,
            y: self.y(tick) - LINE_THICKNESS / 2.0,
            width: self.area.width,
            height: LINE_THICKNESS,
        }
    }

    fn bar(&self, index: u32, value: f64) -> Option<Rect> {
        let (zero, end) = (self.y(0.0), self.y(value));
        let width = (self.place * BAR_PART).min(BAR_WIDTH_MAX);
        let height = (zero - end).abs();
        (height > 0.0).then(|| Rect {
            x: self.center(index) - width / 2.0,
            y: zero.min(end),
            width,
            height,
        })
    }

    fn tick_labels(&self, ticks: &[(f64, Rc<Line>)], style: Style) -> Vec<Placed> {
        ticks
            .iter()
            .map(|(tick, line)| {
                let baseline = self.y(*tick) + style.size * 0.36;
                Placed::from_right(Rc::clone(line), style, self.area.x - TICK_GAP, baseline)
            })
            .collect()
    }

    fn bar_labels(&self, bars: &[Bar], style: Style, text: &mut Typesetter) -> Vec<Placed> {
        let baseline = self.area.y + self.area.height + LABEL_DROP;
        (0..)
            .zip(bars)
            .map(|(index, bar)| {
                let line = text.fit(style, bar.label.trim(), self.place - LABEL_GAP);
                Placed::centered(line, style, self.center(index), baseline)
            })
            .collect()
    }

    /// The values at the ends of the bars, each with the place it takes, if there is room for all.
    fn bar_values(
        &self,
        bars: &[Bar],
        style: Style,
        text: &mut Typesetter,
    ) -> (Vec<Placed>, Vec<Rect>) {
        let lines: Vec<Rc<Line>> = bars
            .iter()
            .map(|bar| text.line(style.weight, bar.text.trim()))
            .collect();
        let width = |line: &Line| points(line.width, style.size);
        if lines
            .iter()
            .any(|line| width(line) > self.place - LABEL_GAP)
        {
            return (Vec::new(), Vec::new());
        }
        (0..)
            .zip(bars.iter().zip(lines))
            .map(|(index, (bar, line))| {
                let center = self.center(index);
                let baseline = self.y(bar.value).min(self.y(0.0)) - VALUE_LIFT;
                let place = Rect {
                    x: center - width(&line) / 2.0 - LABEL_GAP / 2.0,
                    y: baseline - style.size * 0.8,
                    width: width(&line) + LABEL_GAP,
                    height: style.size * 0.9,
                };
                (Placed::centered(line, style, center, baseline), place)
            })
            .unzip()
    }
}
