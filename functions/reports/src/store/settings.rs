//! Every statement about settings. A tenant has one row, or none while it has chosen nothing.

use shared::db::Statement;
use time::OffsetDateTime;
use tokio_postgres::Row;

use crate::settings::{Change, LogoFacts, Settings, VERSION_UNCHANGED};

shared::statements! {
    FIND = "
SELECT s.brand_color, s.brand_line, s.locale, s.logo_type, octet_length(s.logo) AS logo_bytes,
       encode(sha256(s.logo), 'hex') AS logo_sha256, s.updated_at, s.version
FROM settings AS s";

    /// Without a row, only who has seen that there is none may add it.
    CHANGE = "
INSERT INTO settings AS s (brand_color, brand_line, logo, logo_type, locale, updated_at)
SELECT $2, $4, $6, $7, $9, $10
WHERE $11::int IS NULL OR $11 = $12 OR EXISTS (SELECT FROM settings)
ON CONFLICT ON CONSTRAINT settings_pkey DO UPDATE
SET brand_color = CASE WHEN $1 THEN excluded.brand_color ELSE s.brand_color END,
    brand_line = CASE WHEN $3 THEN excluded.brand_line ELSE s.brand_line END,
    logo = CASE WHEN $5 THEN excluded.logo ELSE s.logo END,
    logo_type = CASE WHEN $5 THEN excluded.logo_type ELSE s.logo_type END,
    locale = CASE WHEN $8 THEN excluded.locale ELSE s.locale END,
    updated_at = excluded.updated_at,
    version = s.version + 1
WHERE $11::int IS NULL OR s.version = $11
RETURNING s.brand_color, s.brand_line, s.locale, s.logo_type, octet_length(s.logo) AS logo_bytes,
          encode(sha256(s.logo), 'hex') AS logo_sha256, s.updated_at, s.version";
}

/// Looks the row up.
pub fn find() -> Statement<Option<Settings>> {
    Statement::new(FIND).optional(settings)
}

/// Changes the settings, if they still have the version `seen`; `None` stands for any.
pub fn change(
    change: &Change,
    seen: Option<i32>,
    now: OffsetDateTime,
) -> Statement<Option<Settings>> {
    let Change {
        brand_color,
        brand_line,
        logo,
        locale,
    } = change;
    Statement::new(CHANGE)
        .bind(brand_color.is_given())
        .bind(brand_color.value().cloned())
        .bind(brand_line.is_given())
        .bind(brand_line.value().cloned())
        .bind(logo.is_given())
        .bind(logo.value().map(|logo| logo.bytes.clone()))
        .bind(logo.value().map(|logo| logo.media_type))
        .bind(locale.is_given())
        .bind(locale.value().cloned())
        .bind(now)
        .bind(seen)
        .bind(VERSION_UNCHANGED)
        .optional(settings)
}

fn settings(row: &Row) -> Result<Settings, tokio_postgres::Error> {
    let logo = match row.try_get("logo_type")? {
        Some(media_type) => Some(LogoFacts {
            media_type,
            bytes: row.try_get("logo_bytes")?,
            sha256: row.try_get("logo_sha256")?,
        }),
        None => None,
    };
    Ok(Settings {
        brand_color: row.try_get("brand_color")?,
        brand_line: row.try_get("brand_line")?,
        logo,
        locale: row.try_get("locale")?,
        updated_at: Some(row.try_get("updated_at")?),
        version: row.try_get("version")?,
    })
}
