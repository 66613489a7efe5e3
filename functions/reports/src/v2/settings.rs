//! Settings on the wire: what a tenant's reports look like, and what of it is to be different.

use serde::{Deserialize, Deserializer, Serialize};
use shared::error::ApiError;
use time::OffsetDateTime;

use crate::settings::{self, Edit, Wish};

/// The settings in force. Of a logo there are only facts: who set it has the file.
#[derive(Debug, Serialize)]
pub struct Settings {
    brand_color: String,
    brand_line: Option<String>,
    logo: Option<Logo>,
    locale: String,
    language: &'static str,
    #[serde(with = "time::serde::rfc3339::option")]
    updated_at: Option<OffsetDateTime>,
}

#[derive(Debug, Serialize)]
struct Logo {
    media_type: String,
    bytes: i32,
    sha256: String,
}

impl From<settings::Settings> for Settings {
    fn from(settings: settings::Settings) -> Self {
        let or =
            |chosen: Option<String>, default: &str| chosen.unwrap_or_else(|| default.to_owned());
        Self {
            brand_color: or(settings.brand_color, settings::BRAND_COLOR),
            brand_line: settings.brand_line,
            logo: settings.logo.map(|logo| Logo {
                media_type: logo.media_type,
                bytes: logo.bytes,
                sha256: logo.sha256,
            }),
            locale: or(settings.locale, settings::LOCALE),
            language: settings::LANGUAGE,
            updated_at: settings.updated_at,
        }
    }
}

/// What is to be different: a merge patch (RFC 7396). What is not there stays, and `null` brings back
/// what was before anybody chose.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChangeSettings {
    brand_color: Edit<String>,
    brand_line: Edit<String>,
    logo: Edit<String>,
    locale: Edit<String>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edit<T> {
    /// A member that is there; one that is not is [`Edit::Keep`], by default.
    fn deserialize<D: Deserializer<'de>>(member: D) -> Result<Self, D::Error> {
        let value = Option::deserialize(member)?;
        Ok(value.map_or(Self::Reset, Self::Set))
    }
}

impl TryFrom<ChangeSettings> for settings::Change {
    type Error = ApiError;

    fn try_from(body: ChangeSettings) -> Result<Self, ApiError> {
        Self::new(Wish {
            brand_color: body.brand_color,
            brand_line: body.brand_line,
            logo: body.logo,
            locale: body.locale,
        })
    }
}
