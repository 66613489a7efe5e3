//! How a report looks: colours, type sizes and the page, in one value.

mod color;
mod logo;

pub use color::{Color, ColorError};
pub use logo::{LOGO_BYTES_MAX, LOGO_SIDE_PIXELS_MAX, Logo, LogoError};

/// How a report looks.
///
/// Brand colour, logo and line are the tenant's; every colour that text is set in is derived from it so
/// that the contrast is at least 4.5 to 1 (WCAG 2.2, 1.4.3), whatever brand was chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// The tenant's colour: brand line, table head, bars.
    pub brand: Color,
    /// The tenant's logo, beside its name on the first page.
    pub logo: Option<Logo>,
    /// A line of the tenant's own in the foot of each page, cut to its room; empty for none.
    pub line: String,
    /// Text.
    pub ink: Color,
    /// Text of second rank: labels, page numbers.
    pub muted: Color,
    /// Thin lines.
    pub hairline: Color,
    /// Every second row of the table.
    pub zebra: Color,
    /// Type sizes.
    pub sizes: Sizes,
    /// The page.
    pub paper: Paper,
}

/// Type sizes in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sizes {
    /// The report's title.
    pub title: f64,
    /// The number of a key figure.
    pub figure: f64,
    /// The heading of a chart or table.
    pub heading: f64,
    /// Cells of the table.
    pub body: f64,
    /// Labels, notes, page numbers.
    pub small: f64,
}

/// A page and its margins, in points (1/72 inch).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paper {
    /// The page's width.
    pub width: f64,
    /// The page's height.
    pub height: f64,
    /// Left and right margin.
    pub side: f64,
    /// Margin above the text.
    pub top: f64,
    /// Margin below the text; the page number stands in it.
    pub bottom: f64,
}

impl Paper {
    /// ISO 216 A4, upright.
    pub const A4: Self = Self {
        width: 595.28,
        height: 841.89,
        side: 45.0,
        top: 56.0,
        bottom: 56.0,
    };

    /// The same paper turned by a quarter, if it is upright.
    #[must_use]
    pub fn landscape(self) -> Self {
        Self {
            width: self.width.max(self.height),
            height: self.width.min(self.height),
            ..self
        }
    }

    /// The width between the margins.
    pub(crate) fn content_width(&self) -> f64 {
        self.width - 2.0 * self.side
    }

    /// The right edge of the content.
    pub(crate) fn right(&self) -> f64 {
        self.width - self.side
    }

    /// The lower edge of the content, from the top of the page.
    pub(crate) fn content_bottom(&self) -> f64 {
        self.height - self.bottom
    }
}

impl Theme {
    /// The theme in a tenant's colour.
    pub fn with_brand(brand: Color) -> Self {
        Self {
            brand,
            logo: None,
            line: String::new(),
            ink: Color::rgb(0x1f, 0x29, 0x33),
            muted: Color::rgb(0x56, 0x5f, 0x6c),
            hairline: Color::rgb(0xd5, 0xda, 0xe0),
            zebra: Color::rgb(0xf5, 0xf7, 0xf9),
            sizes: Sizes {
                title: 20.0,
                figure: 15.0,
                heading: 11.5,
                body: 9.0,
                small: 7.5,
            },
            paper: Paper::A4,
        }
    }

    /// The theme with the tenant's logo.
    #[must_use]
    pub fn with_logo(self, logo: Logo) -> Self {
        Self {
            logo: Some(logo),
            ..self
        }
    }

    /// The theme with a line of the tenant's own in the foot of each page.
    #[must_use]
    pub fn with_line(self, line: impl Into<String>) -> Self {
        Self {
            line: line.into(),
            ..self
        }
    }

    /// The colour of what a chart draws: the brand's, as dark as text where it is lighter.
    pub(crate) fn figure(&self) -> Color {
        self.brand_on(Color::WHITE)
    }

    /// The colour of one of several parts of a chart: darkest first.
    pub(crate) fn shade(&self, index: usize, parts: usize) -> Color {
        const LIGHTEST_PERCENT: usize = 78;
        let steps = parts.saturating_sub(1).max(1);
        let percent = LIGHTEST_PERCENT * index.min(steps) / steps;
        self.figure()
            .mixed_with(Color::WHITE, u8::try_from(percent).unwrap_or(0))
    }

    /// The brand colour as text on `background`, darkened where it has too little contrast.
    pub(crate) fn brand_on(&self, background: Color) -> Color {
        self.brand.readable_on(background)
    }

    /// Text on the brand colour.
    pub(crate) fn on_brand(&self) -> Color {
        self.brand.text_above(self.ink)
    }

    /// The brand colour as a quiet background.
    pub(crate) fn tint(&self) -> Color {
        self.brand.mixed_with(Color::WHITE, 91)
    }
}

impl Default for Theme {
    /// The theme of a tenant that has chosen no colour.
    fn default() -> Self {
        Self::with_brand(Color::rgb(0x0f, 0x5f, 0x8c))
    }
}
