//! The tenant's logo on a white plate: it was drawn for paper, not for the brand's colour.

use crate::{
    pdf::canvas::{Canvas, Rect},
    theme::{Color, Logo},
};

const WIDTH_MAX: f64 = 104.0;
const HEIGHT_MAX: f64 = 44.0;
const EDGE: f64 = 6.0;
const RADIUS: f64 = 3.0;

/// A logo in its place.
pub(super) struct Plate {
    /// Without the edge.
    logo: Rect,
}

impl Plate {
    /// The plate from `left` on, as large as it may be.
    pub(super) fn of(logo: &Logo, left: f64) -> Self {
        let (width, height) = logo.size();
        let (width, height) = (f64::from(width), f64::from(height));
        let factor = (WIDTH_MAX / width).min(HEIGHT_MAX / height);
        Self {
            logo: Rect {
                x: left + EDGE,
                y: 0.0,
                width: width * factor,
                height: height * factor,
            },
        }
    }

    pub(super) fn width(&self) -> f64 {
        self.logo.width + 2.0 * EDGE
    }

    /// The plate at half the height of a band.
    pub(super) fn in_the_middle_of(mut self, band: Rect) -> Self {
        self.logo.y = band.y + (band.height - self.logo.height) / 2.0;
        self
    }

    /// Draws it as decoration: the tenant's name stands beside it.
    pub(super) fn draw(&self, canvas: &mut Canvas) {
        let plate = Rect {
            x: self.logo.x - EDGE,
            y: self.logo.y - EDGE,
            width: self.logo.width + 2.0 * EDGE,
            height: self.logo.height + 2.0 * EDGE,
        };
        canvas.fill_rounded(plate, RADIUS, Color::WHITE);
        canvas.logo(self.logo);
    }
}
