//! Values side by side, as bars.

use std::rc::Rc;

use crate::{
    pdf::{
        canvas::Rect,
        text::{Line, Style, Typesetter},
        units::points,
    },
    report::{Bar, BarChart, words},
    theme::Color,
};

use super::{super::placed::Placed, LABEL_GAP, Look, Picture, Shape, plot::Plot};

/// The part of its place that a bar fills.
const BAR_PART: f64 = 0.62;
const BAR_WIDTH_MAX: f64 = 42.0;
const VALUE_LIFT: f64 = 3.0;

/// The bars below a heading.
pub(super) fn picture(
    chart: &BarChart,
    look: &Look<'_>,
    heading_baseline: f64,
    text: &mut Typesetter,
) -> Picture {
    let values = chart.bars.iter().map(|bar| bar.value);
    let plot = Plot::prepare(values, chart.bars.len(), look, heading_baseline, text);
    let small = look.small();
    let mut texts = plot.tick_labels(small);
    let labels = chart.bars.iter().map(|bar| bar.label.as_str());
    texts.extend(plot.labels(labels, 1, small, text));
    let (values, clearings) = bar_values(&plot, &chart.bars, look.small_ink(), text);
    texts.extend(values);
    let bars = (0..)
        .zip(&chart.bars)
        .filter_map(|(index, bar)| bar_of(&plot, index, bar.value))
        .collect();
    let read = chart
        .bars
        .iter()
        .map(|bar| (bar.label.as_str(), bar.text.as_str()));
    Picture {
        shapes: vec![
            plot.grid(look),
            // Grid lines give way to values.
            Shape::Rects(clearings, Color::WHITE),
            Shape::Rects(bars, look.theme.figure()),
        ],
        texts,
        alternative: words::chart_alternative(&chart.title, read),
        bounds: plot.bounds(look, 0.0),
    }
}

fn bar_of(plot: &Plot, index: u32, value: f64) -> Option<Rect> {
    let (zero, end) = (plot.y(0.0), plot.y(value));
    let width = (plot.place * BAR_PART).min(BAR_WIDTH_MAX);
    let height = (zero - end).abs();
    (height > 0.0).then(|| Rect {
        x: plot.center(index) - width / 2.0,
        y: zero.min(end),
        width,
        height,
    })
}

/// The values at the ends of the bars, each with the place it takes, if there is room for all.
fn bar_values(
    plot: &Plot,
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
        .any(|line| width(line) > plot.place - LABEL_GAP)
    {
        return (Vec::new(), Vec::new());
    }
    (0..)
        .zip(bars.iter().zip(lines))
        .map(|(index, (bar, line))| {
            let center = plot.center(index);
            let baseline = plot.y(bar.value).min(plot.y(0.0)) - VALUE_LIFT;
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
