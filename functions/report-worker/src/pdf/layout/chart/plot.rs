//! The part of a chart where values are heights: its axis and its grid.

use std::rc::Rc;

use crate::pdf::{
    canvas::Rect,
    text::{Line, Style, Typesetter},
    units::{points, times},
};

use super::{super::placed::Placed, HEADING_GAP, LABEL_DROP, LABEL_GAP, Look, Shape, scale::Scale};

const PLOT_HEIGHT: f64 = 96.0;
const TICK_GAP: f64 = 6.0;
const TICK_WIDTH_MAX: f64 = 60.0;
const LINE_THICKNESS: f64 = 0.5;
/// Below the labels, before what comes next.
const FOOT: f64 = 4.0;

/// Where values stand.
pub(super) struct Plot {
    pub(super) area: Rect,
    scale: Scale,
    /// The width of one value's place.
    pub(super) place: f64,
    ticks: Vec<(f64, Rc<Line>)>,
}

impl Plot {
    /// A plot below a heading, with `places` side by side.
    pub(super) fn prepare(
        values: impl Iterator<Item = f64> + Clone,
        places: usize,
        look: &Look<'_>,
        heading_baseline: f64,
        text: &mut Typesetter,
    ) -> Self {
        let (paper, small) = (look.theme.paper, look.small());
        let scale = Scale::over(values);
        let ticks: Vec<(f64, Rc<Line>)> = scale
            .ticks()
            .map(|tick| {
                let label = scale.label(tick, look.point);
                (tick, text.fit(small, &label, TICK_WIDTH_MAX))
            })
            .collect();
        let width = ticks.iter().map(|(_, line)| points(line.width, small.size));
        let axis = paper.side + width.fold(0.0, f64::max) + TICK_GAP;
        let area = Rect {
            x: axis,
            y: heading_baseline + HEADING_GAP,
            width: paper.right() - axis,
            height: PLOT_HEIGHT,
        };
        Self {
            area,
            scale,
            place: area.width / times(places),
            ticks,
        }
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        self.area.y + self.area.height * (1.0 - self.scale.part(value))
    }

    pub(super) fn center(&self, index: u32) -> f64 {
        self.area.x + (f64::from(index) + 0.5) * self.place
    }

    /// The baseline of the labels below.
    pub(super) fn label_baseline(&self) -> f64 {
        self.area.y + self.area.height + LABEL_DROP
    }

    /// The whole picture, with `extra` points below the labels.
    pub(super) fn bounds(&self, look: &Look<'_>, extra: f64) -> Rect {
        let paper = look.theme.paper;
        Rect {
            x: paper.side,
            y: self.area.y - HEADING_GAP / 2.0,
            width: paper.content_width(),
            height: HEADING_GAP / 2.0 + PLOT_HEIGHT + LABEL_DROP + FOOT + extra,
        }
    }

    pub(super) fn grid(&self, look: &Look<'_>) -> Shape {
        let line = |(tick, _): &(f64, Rc<Line>)| Rect {
            x: self.area.x,
            y: self.y(*tick) - LINE_THICKNESS / 2.0,
            width: self.area.width,
            height: LINE_THICKNESS,
        };
        Shape::Rects(self.ticks.iter().map(line).collect(), look.theme.hairline)
    }

    pub(super) fn tick_labels(&self, style: Style) -> Vec<Placed> {
        self.ticks
            .iter()
            .map(|(tick, line)| {
                let baseline = self.y(*tick) + style.size * 0.36;
                Placed::from_right(Rc::clone(line), style, self.area.x - TICK_GAP, baseline)
            })
            .collect()
    }

    /// The labels below, every `stride`th.
    pub(super) fn labels<'l>(
        &self,
        labels: impl Iterator<Item = &'l str>,
        stride: usize,
        style: Style,
        text: &mut Typesetter,
    ) -> Vec<Placed> {
        let room = self.place * times(stride) - LABEL_GAP;
        (0..)
            .zip(labels)
            .step_by(stride)
            .map(|(index, label)| {
                let line = text.fit(style, label.trim(), room);
                Placed::centered(line, style, self.center(index), self.label_baseline())
            })
            .collect()
    }
}
