//! A colour and its contrast with another.

use std::str::FromStr;

/// The least contrast of text with its background (WCAG 2.2, 1.4.3).
const CONTRAST_MIN: f64 = 4.5;
/// How much darker each try of a more readable colour is, in percent of black.
const DARKEN_STEP_PERCENT: usize = 5;

/// An sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color {
    red: u8,
    green: u8,
    blue: u8,
}

/// A text that is no colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a colour is written #rrggbb")]
pub struct ColorError;

impl Color {
    /// White, the colour of paper.
    pub const WHITE: Self = Self::rgb(0xff, 0xff, 0xff);
    const BLACK: Self = Self::rgb(0, 0, 0);

    /// The colour of these components.
    pub const fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Red, green and blue.
    pub(crate) fn components(self) -> [u8; 3] {
        [self.red, self.green, self.blue]
    }

    /// This colour with `percent` of `other` in it.
    pub(crate) fn mixed_with(self, other: Self, percent: u8) -> Self {
        let percent = u16::from(percent.min(100));
        let mix = |own: u8, other: u8| {
            let sum = u16::from(own) * (100 - percent) + u16::from(other) * percent;
            u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
        };
        Self {
            red: mix(self.red, other.red),
            green: mix(self.green, other.green),
            blue: mix(self.blue, other.blue),
        }
    }

    /// The first of this colour and its darker shades that can be read on `background`.
    pub(crate) fn readable_on(self, background: Self) -> Self {
        (0..=100)
            .step_by(DARKEN_STEP_PERCENT)
            .map(|percent| self.mixed_with(Self::BLACK, percent))
            .find(|shade| shade.contrast(background) >= CONTRAST_MIN)
            .unwrap_or(Self::BLACK)
    }

    /// White or `dark`, whichever can be read on this colour; white where both can.
    pub(crate) fn text_above(self, dark: Self) -> Self {
        let white = Self::WHITE.contrast(self);
        if white >= CONTRAST_MIN || white >= dark.contrast(self) {
            Self::WHITE
        } else {
            dark.readable_on(self)
        }
    }

    /// The contrast ratio, 1 to 21 (WCAG 2.2, "contrast ratio").
    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// The relative luminance, 0 to 1 (WCAG 2.2, "relative luminance").
    fn luminance(self) -> f64 {
        let linear = |component: u8| {
            let value = f64::from(component) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

impl FromStr for Color {
    type Err = ColorError;

    /// Reads `#rrggbb`.
    fn from_str(text: &str) -> Result<Self, ColorError> {
        let digits = text.strip_prefix('#').ok_or(ColorError)?;
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(ColorError);
        }
        let value = u32::from_str_radix(digits, 16).map_err(|_error| ColorError)?;
        let [_, red, green, blue] = value.to_be_bytes();
        Ok(Self { red, green, blue })
    }
}
