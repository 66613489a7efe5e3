//! How a tenant's reports look: its colour, line and logo, and how it writes figures.
//!
//! A logo is looked at here and decoded by the worker, which draws none where it cannot.

use shared::error::{ApiError, FieldError};
use shared::text;
use time::OffsetDateTime;

mod logo;

pub use logo::{LOGO_BYTES_MAX, LOGO_SIDE_PIXELS_MAX, Logo, LogoError};

/// The colour of a tenant that has chosen none, as `#rrggbb`.
pub const BRAND_COLOR: &str = "#0f5f8c";
/// How a tenant writes figures that has not said so.
pub const LOCALE: &str = "en";
/// The language of every report.
pub const LANGUAGE: &str = "en";
/// The version of settings that nobody has changed.
pub const VERSION_UNCHANGED: i32 = 1;
/// The longest line for the foot of each page, in characters.
pub const BRAND_LINE_CHARS_MAX: usize = 120;

/// A tenant's settings; `None` where it has chosen nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The colour of lines, heads and bars, as `#rrggbb`.
    pub brand_color: Option<String>,
    /// A line for the foot of each page.
    pub brand_line: Option<String>,
    /// What is known of the logo.
    pub logo: Option<LogoFacts>,
    /// How figures are written: a BCP 47 tag.
    pub locale: Option<String>,
    /// When something was last changed; `None` for never.
    pub updated_at: Option<OffsetDateTime>,
    /// Counts the changes, from [`VERSION_UNCHANGED`].
    pub version: i32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            brand_color: None,
            brand_line: None,
            logo: None,
            locale: None,
            updated_at: None,
            version: VERSION_UNCHANGED,
        }
    }
}

/// What is shown of a logo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoFacts {
    /// `image/png` or `image/jpeg`.
    pub media_type: String,
    /// The length of the file, in bytes.
    pub bytes: i32,
    /// The SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
}

/// What happens to one setting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// It stays.
    #[default]
    Keep,
    /// It is what it was before anybody chose.
    Reset,
    /// It becomes this.
    Set(T),
}

impl<T> Edit<T> {
    /// Whether it changes.
    pub fn is_given(&self) -> bool {
        !matches!(self, Self::Keep)
    }

    /// What it becomes, if it becomes something.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Reset => None,
        }
    }

    fn checked<U, E>(self, check: impl FnOnce(T) -> Result<U, E>) -> Result<Edit<U>, E> {
        Ok(match self {
            Self::Keep => Edit::Keep,
            Self::Reset => Edit::Reset,
            Self::Set(value) => Edit::Set(check(value)?),
        })
    }
}

/// What is to be different.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The colour, as `#rrggbb` in small letters.
    pub brand_color: Edit<String>,
    /// The line.
    pub brand_line: Edit<String>,
    /// The logo.
    pub logo: Edit<Logo>,
    /// How figures are written, in the canonical case of BCP 47.
    pub locale: Edit<String>,
}

/// The same as somebody has sent it; the logo is in base64.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The colour.
    pub brand_color: Edit<String>,
    /// The line.
    pub brand_line: Edit<String>,
    /// The logo.
    pub logo: Edit<String>,
    /// How figures are written.
    pub locale: Edit<String>,
}

impl Change {
    /// Checks what was sent: 400 by field, and 422 for a file that is no logo.
    pub fn new(wish: Wish) -> Result<Self, ApiError> {
        let line = |text: String| text::line("brand_line", &text, BRAND_LINE_CHARS_MAX);
        let color = wish.brand_color.checked(|text| color(&text));
        let line = wish.brand_line.checked(line);
        let locale = wish.locale.checked(|text| locale(&text));
        match (color, line, locale) {
            (Ok(brand_color), Ok(brand_line), Ok(locale)) => Ok(Self {
                brand_color,
                brand_line,
                logo: wish.logo.checked(|text| Logo::read(&text))?,
                locale,
            }),
            (color, line, locale) => {
                let errors = [color.err(), line.err(), locale.err()];
                Err(ApiError::invalid(
                    errors.into_iter().flatten().collect::<Vec<_>>(),
                ))
            }
        }
    }
}

fn color(text: &str) -> Result<String, FieldError> {
    let digits = text.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(FieldError::new(
        "brand_color",
        "malformed",
        "must be written #rrggbb",
    ))
}

/// A language with, where there are any, its script and region (RFC 5646, sections 2.1 and 2.1.1).
/// One that nobody has heard of writes its figures as the root of the CLDR does.
fn locale(text: &str) -> Result<String, FieldError> {
    let mut parts = text.split('-').peekable();
    let letters = |part: &str, lengths: &[usize]| {
        lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    let language = parts.next().filter(|part| letters(part, &[2, 3]));
    let script = parts.next_if(|part| letters(part, &[4]));
    let is_number = |part: &str| part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    let region = parts.next_if(|part| letters(part, &[2]) || is_number(part));
    let (Some(language), None) = (language, parts.next()) else {
        return Err(FieldError::new(
            "locale",
            "malformed",
            "must be a BCP 47 tag such as de, pt-BR or zh-Hant-TW",
        ));
    };
    let script = script.map(|script| {
        let (first, rest) = script.split_at(1);
        first.to_ascii_uppercase() + &rest.to_ascii_lowercase()
    });
    let region = region.map(str::to_ascii_uppercase);
    let parts = [Some(language.to_ascii_lowercase()), script, region];
    Ok(parts.into_iter().flatten().collect::<Vec<_>>().join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_is_written_in_one_way() {
        for (given, kept) in [
            ("de", "de"),
            ("DE-ch", "de-CH"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("yue", "yue"),
        ] {
            assert_eq!(locale(given).unwrap(), kept);
        }
        for given in [
            "",
            "d",
            "deutsch",
            "de-",
            "de_DE",
            "de-DE-1996",
            "de-u-nu-arab",
            "de-41",
            "d3",
            "é",
            "de-Latn-Latn",
        ] {
            assert_eq!(locale(given).unwrap_err().field, "locale", "{given}");
        }
    }
}
