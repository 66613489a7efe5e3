//! The brand line: who reports what about which time.

use crate::{
    pdf::{
        canvas::Rect,
        document::Document,
        error::RenderError,
        structure::{Attributes, Role},
        text::{Style, Typesetter},
        units::{per_mille, times},
    },
    report::{ReportData, words},
    theme::{Color, Theme},
};

use super::{logo::Plate, placed::Placed};

const PADDING: f64 = 18.0;
const RADIUS: f64 = 5.0;
const TITLE_LINES_MAX: usize = 2;
/// From the tenant's baseline to the title's.
const TITLE_DROP: f64 = 29.0;
/// The part of the width that logo and left column have; the right column has the rest.
const LEFT_PART: f64 = 0.62;
const COLUMN_GAP: f64 = 12.0;

/// The brand line: who reports what about which time.
pub(super) struct Masthead {
    band: Rect,
    color: Color,
    plate: Option<Plate>,
    tenant: Placed,
    title: Vec<Placed>,
    number: Placed,
    period: Placed,
}

impl Masthead {
    pub(super) fn prepare(report: &ReportData, theme: &Theme, text: &mut Typesetter) -> Self {
        let (paper, sizes, color) = (theme.paper, theme.sizes, theme.on_brand());
        let plate = theme
            .logo
            .as_ref()
            .map(|logo| Plate::of(logo, paper.side + PADDING));
        let indent = plate.as_ref().map_or(0.0, |plate| plate.width() + PADDING);
        let (left, right) = (paper.side + PADDING + indent, paper.right() - PADDING);
        let whole = paper.content_width() - 2.0 * PADDING;
        let right_width = whole * (1.0 - LEFT_PART) - COLUMN_GAP;
        let left_width = right - left - right_width - COLUMN_GAP;
        let (bold, regular) = (
            Style::bold(sizes.body + 1.0, color),
            Style::regular(sizes.body, color),
        );
        let title_style = Style::bold(sizes.title, color);

        let first = paper.side + PADDING + bold.size * 0.8;
        let mut lines = Vec::new();
        let title_width = per_mille(left_width, title_style.size);
        text.wrap(
            title_style.weight,
            words::title(&report.title),
            title_width,
            TITLE_LINES_MAX,
            &mut lines,
        );
        let title: Vec<Placed> = (0_u32..)
            .zip(lines)
            .map(|(index, line)| {
                let baseline = first + TITLE_DROP + f64::from(index) * title_style.leading();
                Placed::from_left(line, title_style, left, baseline)
            })
            .collect();
        let last = first + TITLE_DROP + (times(title.len()) - 1.0) * title_style.leading();
        let band = Rect {
            x: paper.side,
            y: paper.side,
            width: paper.content_width(),
            height: last + PADDING - paper.side,
        };
        let tenant = text.fit(bold, report.tenant.trim(), left_width);
        let number = text.fit(regular, report.number.trim(), right_width);
        let period = text.fit(regular, report.period.trim(), right_width);
        let plate = plate.map(|plate| plate.in_the_middle_of(band));
        Self {
            band,
            color: theme.brand,
            plate,
            tenant: Placed::from_left(tenant, bold, left, first),
            title,
            number: Placed::from_right(number, regular, right, first),
            period: Placed::from_right(period, regular, right, last),
        }
    }

    pub(super) fn bottom(&self) -> f64 {
        self.band.y + self.band.height
    }

    pub(super) fn draw(&self, document: &mut Document<'_>) -> Result<(), RenderError> {
        document.artifact(|canvas| {
            canvas.fill_rounded(self.band, RADIUS, self.color);
            if let Some(plate) = &self.plate {
                plate.draw(canvas);
            }
        });
        draw_paragraph(document, &self.tenant)?;
        document.element(Role::Heading1, Attributes::None, |canvas| {
            for line in &self.title {
                line.draw(canvas);
            }
        })?;
        draw_paragraph(document, &self.number)?;
        draw_paragraph(document, &self.period)
    }
}

/// Draws a text as a paragraph of its own, unless there is none.
pub(super) fn draw_paragraph(
    document: &mut Document<'_>,
    text: &Placed,
) -> Result<(), RenderError> {
    if text.is_empty() {
        return Ok(());
    }
    document.element(Role::Paragraph, Attributes::None, |canvas| {
        text.draw(canvas);
    })
}
