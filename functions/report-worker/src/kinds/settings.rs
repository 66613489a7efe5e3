//! How the tenant wants its reports to look: read along with a report's rows, as of the same instant.

use shared::db::Statement;
use tokio_postgres::Row;

use crate::report::Numerals;
use crate::theme::{Color, Logo, Theme};

/// How a tenant writes figures that has not said so.
const LOCALE: &str = "en";

shared::statements! {
    FIND = "
SELECT s.brand_color, s.brand_line, s.locale, CASE WHEN $1 THEN s.logo END AS logo
FROM settings AS s";
}

/// What the tenant has chosen; `None` where it has chosen nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    brand_color: Option<String>,
    brand_line: Option<String>,
    logo: Option<Vec<u8>>,
    locale: Option<String>,
}

impl Settings {
    /// How its figures are written: a BCP 47 tag.
    pub(super) fn locale(&self) -> &str {
        self.locale.as_deref().unwrap_or(LOCALE)
    }

    /// Writes its figures.
    pub(super) fn numerals(&self) -> Numerals {
        Numerals::of(self.locale())
    }

    /// Its theme. Decodes the logo: call it off the async threads. A report goes without a logo that
    /// cannot be read, and without a colour that is none.
    pub(super) fn theme(&self) -> Theme {
        let color = self.brand_color.as_deref().map(str::parse::<Color>);
        let theme = match color {
            Some(Ok(color)) => Theme::with_brand(color),
            Some(Err(_)) | None => Theme::default(),
        };
        let theme = theme.with_line(self.brand_line.clone().unwrap_or_default());
        match self.logo.as_deref().map(Logo::read) {
            Some(Ok(logo)) => theme.with_logo(logo),
            Some(Err(error)) => {
                tracing::warn!(error = %error, "logo left out");
                theme
            }
            None => theme,
        }
    }
}

/// Looks them up; with the logo, if it is wanted.
pub(super) fn find(with_logo: bool) -> Statement<Option<Settings>> {
    Statement::new(FIND).bind(with_logo).optional(settings)
}

fn settings(row: &Row) -> Result<Settings, tokio_postgres::Error> {
    Ok(Settings {
        brand_color: row.try_get("brand_color")?,
        brand_line: row.try_get("brand_line")?,
        logo: row.try_get("logo")?,
        locale: row.try_get("locale")?,
    })
}
