//! Parts of a whole, as a ring beside a list.

use crate::{
    pdf::{
        canvas::{Rect, Ring},
        text::Typesetter,
        units::times,
    },
    report::{Share, ShareChart, words},
};

use super::{super::placed::Placed, Look, Picture, Shape};

const OUTER: f64 = 48.0;
const INNER: f64 = 27.0;
/// From the heading's baseline to the ring.
const RING_GAP: f64 = 12.0;
/// The list's left edge, from the ring's right one.
const LIST_GAP: f64 = 36.0;
const ROW_HEIGHT: f64 = 12.5;
const SWATCH: f64 = 7.0;
const SWATCH_GAP: f64 = 6.0;
const LABEL_WIDTH_MAX: f64 = 180.0;
const VALUE_WIDTH_MAX: f64 = 90.0;
const PERCENT_WIDTH_MAX: f64 = 46.0;
/// Values beyond are drawn as this, so that no sum of them overflows.
const VALUE_MAX: f64 = 1e15;

/// A part, as a part of one.
struct Part<'s> {
    share: &'s Share,
    from: f64,
    to: f64,
}

/// The ring and its list below a heading.
pub(super) fn picture(
    chart: &ShareChart,
    look: &Look<'_>,
    heading_baseline: f64,
    text: &mut Typesetter,
) -> Picture {
    let (theme, paper) = (look.theme, look.theme.paper);
    let top = heading_baseline + RING_GAP;
    let center = (paper.side + OUTER, top + OUTER);
    let parts = parts(&chart.shares);
    let ring = |from: f64, to: f64, color| Ring {
        center,
        inner: INNER,
        outer: OUTER,
        from,
        to,
        color,
        edge: theme.figure(),
    };
    let shade = |index: usize| theme.shade(index, parts.len());
    let mut shapes: Vec<Shape> = parts
        .iter()
        .enumerate()
        .filter(|(_, part)| part.to > part.from)
        .map(|(index, part)| Shape::Ring(ring(part.from, part.to, shade(index))))
        .collect();
    if shapes.is_empty() {
        shapes.push(Shape::Ring(ring(0.0, 1.0, theme.zebra)));
    }
    let (mut texts, mut read) = (Vec::new(), Vec::new());
    let list_top = center.1 - ROW_HEIGHT * times(parts.len()) / 2.0;
    for (index, part) in parts.iter().enumerate() {
        let row = Row {
            left: center.0 + OUTER + LIST_GAP,
            middle: list_top + ROW_HEIGHT * (times(index) + 0.5),
        };
        shapes.push(Shape::Rects(vec![row.swatch()], theme.figure()));
        shapes.push(Shape::Rects(vec![row.swatch_inside()], shade(index)));
        let percent = words::percent(part.to - part.from);
        texts.extend(row.texts(part.share, &percent, look, text));
        read.push((
            part.share.label.as_str(),
            format!("{}, {percent}", part.share.text),
        ));
    }
    let read = read.iter().map(|(label, text)| (*label, text.as_str()));
    Picture {
        shapes,
        texts,
        alternative: words::shares_alternative(&chart.title, read),
        bounds: Rect {
            x: paper.side,
            y: top,
            width: paper.content_width(),
            height: 2.0 * OUTER,
        },
    }
}

fn parts(shares: &[Share]) -> Vec<Part<'_>> {
    let drawn = |share: &Share| match share.value.is_finite() {
        true => share.value.clamp(0.0, VALUE_MAX),
        false => 0.0,
    };
    let whole: f64 = shares.iter().map(drawn).sum();
    let mut sum = 0.0;
    let part_of_one = |sum: f64| if whole > 0.0 { sum / whole } else { 0.0 };
    shares
        .iter()
        .map(|share| {
            let from = part_of_one(sum);
            sum += drawn(share);
            Part {
                share,
                from,
                to: part_of_one(sum),
            }
        })
        .collect()
}

/// One row of the list.
struct Row {
    left: f64,
    middle: f64,
}

impl Row {
    fn swatch(&self) -> Rect {
        Rect {
            x: self.left,
            y: self.middle - SWATCH / 2.0,
            width: SWATCH,
            height: SWATCH,
        }
    }

    /// Within its edge, so that a light part is seen too.
    fn swatch_inside(&self) -> Rect {
        const EDGE: f64 = 0.5;
        let outside = self.swatch();
        Rect {
            x: outside.x + EDGE,
            y: outside.y + EDGE,
            width: outside.width - 2.0 * EDGE,
            height: outside.height - 2.0 * EDGE,
        }
    }

    fn texts(
        &self,
        share: &Share,
        percent: &str,
        look: &Look<'_>,
        text: &mut Typesetter,
    ) -> [Placed; 3] {
        let style = look.small_ink();
        let baseline = self.middle + style.size * 0.36;
        let start = self.left + SWATCH + SWATCH_GAP;
        let label = text.fit(style, share.label.trim(), LABEL_WIDTH_MAX);
        let value_right = start + LABEL_WIDTH_MAX + VALUE_WIDTH_MAX;
        let value = text.fit(style, share.text.trim(), VALUE_WIDTH_MAX - SWATCH_GAP);
        let percent = text.fit(look.small(), percent, PERCENT_WIDTH_MAX - SWATCH_GAP);
        [
            Placed::from_left(label, style, start, baseline),
            Placed::from_right(value, style, value_right, baseline),
            Placed::from_right(
                percent,
                look.small(),
                value_right + PERCENT_WIDTH_MAX,
                baseline,
            ),
        ]
    }
}
