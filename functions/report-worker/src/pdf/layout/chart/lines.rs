//! Values over time, as lines.

use crate::{
    pdf::{
        canvas::Stroke,
        text::Typesetter,
        units::{count, times},
    },
    report::{LineChart, Series, words},
};

use super::{super::placed::Placed, Look, Picture, Shape, plot::Plot};

/// The least room of a label; where a place is narrower, labels are left out between others.
const LABEL_ROOM_MIN: f64 = 44.0;
const THICKNESS: f64 = 1.5;
/// Lines are told apart by their dashes too, for those who see no difference of colour.
const DASHES: [&[f64]; 4] = [&[], &[5.0, 3.0], &[1.0, 3.0], &[7.0, 3.0, 1.0, 3.0]];
/// From the labels to the names of the lines.
const LEGEND_DROP: f64 = 14.0;
const SAMPLE_WIDTH: f64 = 18.0;
const SAMPLE_GAP: f64 = 5.0;
/// How far a sample is above the baseline of its name, as part of the type size.
const SAMPLE_RISE: f64 = 0.3;

/// The lines below a heading.
pub(super) fn picture(
    chart: &LineChart,
    look: &Look<'_>,
    heading_baseline: f64,
    text: &mut Typesetter,
) -> Picture {
    let points = chart.series.iter().flat_map(|series| &series.points);
    let values = points.map(|point| point.value);
    let plot = Plot::prepare(values, chart.labels.len(), look, heading_baseline, text);
    let mut shapes = vec![plot.grid(look)];
    for (index, series) in chart.series.iter().enumerate() {
        let strokes = strokes(series, &plot).map(|points| Stroke {
            points,
            ..stroke(look, index, chart.series.len())
        });
        shapes.extend(strokes.map(Shape::Line));
    }
    let small = look.small();
    let mut texts = plot.tick_labels(small);
    let stride = (1..=chart.labels.len())
        .find(|&stride| plot.place * times(stride) >= LABEL_ROOM_MIN)
        .unwrap_or(chart.labels.len());
    let labels = chart.labels.iter().map(String::as_str);
    texts.extend(plot.labels(labels, stride, small, text));
    legend(chart, &plot, look, text, &mut shapes, &mut texts);
    Picture {
        shapes,
        texts,
        alternative: words::lines_alternative(chart),
        bounds: plot.bounds(look, LEGEND_DROP),
    }
}

/// A line of this number, through no point yet.
fn stroke(look: &Look<'_>, index: usize, lines: usize) -> Stroke {
    Stroke {
        points: Vec::new(),
        thickness: THICKNESS,
        dashes: DASHES.get(index % DASHES.len()).copied().unwrap_or(&[]),
        color: look.theme.shade(index, lines.max(DASHES.len())),
    }
}

/// The line's pieces between its gaps.
fn strokes<'p>(series: &'p Series, plot: &'p Plot) -> impl Iterator<Item = Vec<(f64, f64)>> + 'p {
    let placed: Vec<Option<(f64, f64)>> = (0..count(series.points.len()))
        .zip(&series.points)
        .map(|(index, point)| {
            let is_drawn = point.value.is_finite();
            is_drawn.then(|| (plot.center(index), plot.y(point.value)))
        })
        .collect();
    let pieces: Vec<Vec<(f64, f64)>> = placed
        .split(Option::is_none)
        .map(|piece| piece.iter().copied().flatten().collect())
        .collect();
    pieces.into_iter()
}

/// The names of the lines, each behind a sample, with as much room for one as for another.
fn legend(
    chart: &LineChart,
    plot: &Plot,
    look: &Look<'_>,
    text: &mut Typesetter,
    shapes: &mut Vec<Shape>,
    texts: &mut Vec<Placed>,
) {
    let style = look.small_ink();
    let room = plot.area.width / times(chart.series.len());
    let baseline = plot.label_baseline() + LEGEND_DROP;
    for (index, series) in chart.series.iter().enumerate() {
        let left = plot.area.x + room * times(index);
        let y = baseline - style.size * SAMPLE_RISE;
        shapes.push(Shape::Line(Stroke {
            points: vec![(left, y), (left + SAMPLE_WIDTH, y)],
            ..stroke(look, index, chart.series.len())
        }));
        let start = left + SAMPLE_WIDTH + SAMPLE_GAP;
        let width = room - SAMPLE_WIDTH - 2.0 * SAMPLE_GAP;
        let name = text.fit(style, series.name.trim(), width);
        texts.push(Placed::from_left(name, style, start, baseline));
    }
}
