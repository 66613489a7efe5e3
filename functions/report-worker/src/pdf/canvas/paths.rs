//! Shapes with curves, lines, and the logo.

use std::f64::consts::{FRAC_PI_2, TAU};

use crate::{pdf::writer::put_component, theme::Color};

use super::{Canvas, Rect};

/// How far a circle's tangent reaches, as part of its radius, for a Bézier curve to follow it.
const CIRCLE_TANGENT: f64 = 0.5523;
/// The logo's name among a page's resources.
pub(crate) const LOGO_RESOURCE: &str = "L0";

/// A line through points, which are in points from the page's upper left corner.
#[derive(Debug, Clone)]
pub(crate) struct Stroke {
    pub(crate) points: Vec<(f64, f64)>,
    pub(crate) thickness: f64,
    /// Lengths of dashes and gaps by turns; empty for a solid line.
    pub(crate) dashes: &'static [f64],
    pub(crate) color: Color,
}

/// A part of a ring.
#[derive(Debug, Clone)]
pub(crate) struct Ring {
    pub(crate) center: (f64, f64),
    pub(crate) inner: f64,
    pub(crate) outer: f64,
    /// Where it begins and ends, clockwise from the top, in parts of the whole ring.
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) color: Color,
    /// The colour of the thin line around it.
    pub(crate) edge: Color,
}

impl Canvas {
    /// Fills a rectangle with round corners.
    pub(crate) fn fill_rounded(&mut self, rect: Rect, radius: f64, color: Color) {
        let radius = radius.min(rect.width / 2.0).min(rect.height / 2.0);
        let (left, right) = (rect.x, rect.x + rect.width);
        let (top, bottom) = (
            self.page_height - rect.y,
            self.page_height - rect.y - rect.height,
        );
        let bend = radius * (1.0 - CIRCLE_TANGENT);
        self.color(color);
        self.operator(&[left + radius, bottom], b"m\n");
        self.operator(&[right - radius, bottom], b"l\n");
        self.operator(
            &[
                right - bend,
                bottom,
                right,
                bottom + bend,
                right,
                bottom + radius,
            ],
            b"c\n",
        );
        self.operator(&[right, top - radius], b"l\n");
        self.operator(
            &[right, top - bend, right - bend, top, right - radius, top],
            b"c\n",
        );
        self.operator(&[left + radius, top], b"l\n");
        self.operator(
            &[left + bend, top, left, top - bend, left, top - radius],
            b"c\n",
        );
        self.operator(&[left, bottom + radius], b"l\n");
        self.operator(
            &[
                left,
                bottom + bend,
                left + bend,
                bottom,
                left + radius,
                bottom,
            ],
            b"c\n",
        );
        self.raw(b"f\n");
    }

    /// Draws a line; one point alone is drawn as a dot.
    pub(crate) fn stroke(&mut self, stroke: &Stroke) {
        let Some((&first, rest)) = stroke.points.split_first() else {
            return;
        };
        self.raw(b"q ");
        self.stroke_color(stroke.color);
        self.operator(&[stroke.thickness], b"w 1 J 1 j ");
        if !stroke.dashes.is_empty() {
            self.raw(b"[");
            self.operator(stroke.dashes, b"]0 d ");
        }
        let height = self.page_height;
        self.operator(&[first.0, height - first.1], b"m\n");
        let dot = [first];
        for (x, y) in if rest.is_empty() { &dot } else { rest } {
            self.operator(&[*x, height - y], b"l\n");
        }
        self.raw(b"S Q\n");
    }

    /// Fills a part of a ring and draws the line around it.
    pub(crate) fn ring(&mut self, ring: &Ring) {
        let (x, y) = (ring.center.0, self.page_height - ring.center.1);
        // PDF's angles grow against the clock, from the right.
        let angle = |part: f64| FRAC_PI_2 - part * TAU;
        let (from, to) = (angle(ring.from), angle(ring.to));
        self.color(ring.color);
        self.raw(b"q ");
        self.stroke_color(ring.edge);
        self.operator(&[0.5], b"w\n");
        self.operator(
            &[x + ring.outer * from.cos(), y + ring.outer * from.sin()],
            b"m\n",
        );
        self.arc((x, y), ring.outer, from, to);
        self.operator(
            &[x + ring.inner * to.cos(), y + ring.inner * to.sin()],
            b"l\n",
        );
        self.arc((x, y), ring.inner, to, from);
        self.raw(b"b Q\n");
    }

    /// Adds an arc that begins where the path is, in pieces of at most a quarter.
    fn arc(&mut self, center: (f64, f64), radius: f64, from: f64, to: f64) {
        const PIECES: u32 = 4;
        let step = (to - from) / f64::from(PIECES);
        let reach = radius * 4.0 / 3.0 * (step / 4.0).tan();
        for piece in 0..PIECES {
            let start = from + step * f64::from(piece);
            let end = start + step;
            let at = |angle: f64| {
                let (sin, cos) = angle.sin_cos();
                (center.0 + radius * cos, center.1 + radius * sin)
            };
            let ((x0, y0), (x3, y3)) = (at(start), at(end));
            self.operator(
                &[
                    x0 - reach * start.sin(),
                    y0 + reach * start.cos(),
                    x3 + reach * end.sin(),
                    y3 - reach * end.cos(),
                    x3,
                    y3,
                ],
                b"c\n",
            );
        }
    }

    /// Draws the logo into a rectangle.
    pub(crate) fn logo(&mut self, place: Rect) {
        let bottom = self.page_height - place.y - place.height;
        self.raw(b"q ");
        self.operator(
            &[place.width, 0.0, 0.0, place.height, place.x, bottom],
            b"cm /",
        );
        self.raw(LOGO_RESOURCE.as_bytes());
        self.raw(b" Do Q\n");
    }

    fn stroke_color(&mut self, color: Color) {
        for component in color.components() {
            put_component(&mut self.content, component);
        }
        self.raw(b"RG\n");
    }
}
