-- How a tenant's reports look: its colour, line and logo, and how it writes figures.
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;
SET LOCAL ROLE app_owner;

-- One row for each tenant that has chosen something; NULL where it has not.
CREATE TABLE reports.settings (
  tenant_id   uuid        NOT NULL DEFAULT app.tenant_id(),
  brand_color text        CHECK (brand_color ~ '^#[0-9a-f]{6}$'),
  brand_line  text        CHECK (char_length(brand_line) BETWEEN 1 AND 120),
  -- The file as it was given. Whoever draws it decodes it first, and trusts it no further.
  logo        bytea       CHECK (octet_length(logo) BETWEEN 1 AND 262144),
  logo_type   text        CHECK (logo_type IN ('image/png', 'image/jpeg')),
  -- BCP 47: a language, and where there are any its script and region.
  locale      text        CHECK (locale ~ '^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$'),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  -- 1 is that of a tenant without a row, which has changed nothing.
  version     int         NOT NULL DEFAULT 2,
  PRIMARY KEY (tenant_id),
  CONSTRAINT settings_logo_has_type CHECK ((logo IS NULL) = (logo_type IS NULL))
);
-- Pictures are compressed already.
ALTER TABLE reports.settings ALTER COLUMN logo SET STORAGE EXTERNAL;
CALL app.protect('reports.settings');
GRANT SELECT, INSERT, UPDATE (brand_color, brand_line, logo, logo_type, locale, updated_at, version)
   ON reports.settings TO svc_reports;
GRANT SELECT ON reports.settings TO svc_report_worker;

RESET ROLE;
