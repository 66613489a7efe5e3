//! Figures as a language writes them.

use icu_decimal::{DecimalFormatter, input::Decimal, options::DecimalFormatterOptions};
use icu_locale_core::{LanguageIdentifier, Locale};

/// The most places after the point; an `i64` has no more digits.
const DECIMALS_MAX: u8 = 18;
/// The language of a tag that is none.
const FALLBACK: &str = "en";

/// Writes figures as readers of a language expect them, by the Unicode CLDR: `1,234.50` in English,
/// `1.234,50` in German, `12,34,567` in Hindi.
///
/// Digits are always 0 to 9: tables in every language are set in them, and every font has them.
#[derive(Debug)]
pub struct Numerals {
    formatter: Option<DecimalFormatter>,
}

impl Numerals {
    /// The figures of a language, given as a BCP 47 tag. Anything else counts as English.
    pub fn of(language: &str) -> Self {
        let parsed = LanguageIdentifier::try_from_str(language.trim());
        let language = parsed.map_or_else(|_error| FALLBACK.to_owned(), |tag| tag.to_string());
        let locale = Locale::try_from_str(&format!("{language}-u-nu-latn"));
        let formatter = locale.ok().and_then(|locale| {
            DecimalFormatter::try_new(locale.into(), DecimalFormatterOptions::default()).ok()
        });
        Self { formatter }
    }

    /// The sign between whole numbers and their parts.
    pub(crate) fn point(&self) -> char {
        let sign = |character: &char| !character.is_ascii_digit();
        self.decimal(1, 1).chars().find(sign).unwrap_or('.')
    }

    /// A whole number.
    pub fn integer(&self, value: i64) -> String {
        self.decimal(value, 0)
    }

    /// A number of parts of one, `decimals` places after the point: 123,450 cents with 2 is `1,234.50`.
    pub fn decimal(&self, parts: i64, decimals: u8) -> String {
        let places = i16::from(decimals.min(DECIMALS_MAX));
        let mut value = Decimal::from(parts);
        value.multiply_pow10(-places);
        value.pad_end(-places);
        match &self.formatter {
            Some(formatter) => formatter.format(&value).to_string(),
            None => value.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_groups_in_its_own_way() {
        for (language, written) in [
            ("en", "-1,234,567.50"),
            ("de", "-1.234.567,50"),
            ("de-CH", "-1'234'567.50"),
            ("fr", "-1\u{202f}234\u{202f}567,50"),
            ("hi", "-12,34,567.50"),
            ("en-IN", "-12,34,567.50"),
            ("ja", "-1,234,567.50"),
            ("ar-EG", "\u{200e}-1,234,567.50"),
            ("", "-1,234,567.50"),
            ("no language", "-1,234,567.50"),
        ] {
            let found = Numerals::of(language).decimal(-123_456_750, 2);
            assert_eq!(found, written, "{language}");
        }
    }

    #[test]
    fn any_number_can_be_written() {
        let numerals = Numerals::of("en");
        assert_eq!(numerals.integer(i64::MIN), "-9,223,372,036,854,775,808");
        assert_eq!(numerals.integer(0), "0");
        assert_eq!(numerals.decimal(5, 3), "0.005");
        assert_eq!(numerals.decimal(1, u8::MAX), "0.000000000000000001");
    }
}
