//! The controls: changes that the comparison has to name, and changes that it has to let pass.

use testkit::TestDatabase;

use super::Surface;
use crate::schema::change;

/// Each with a part of what has to be said of it.
const TAKING: [(&str, &str); 16] = [
    (
        "ALTER TABLE webhooks.endpoints DROP COLUMN description CASCADE",
        "no more: webhooks.endpoints.description is text",
    ),
    (
        "ALTER TABLE reports.settings RENAME COLUMN locale TO language",
        "no more: reports.settings.locale is text",
    ),
    (
        "ALTER TABLE reports.settings ALTER COLUMN brand_line TYPE varchar(200)",
        "no more: reports.settings.brand_line is text",
    ),
    (
        "ALTER TABLE reports.settings ALTER COLUMN locale SET NOT NULL",
        "new: reports.settings.locale has to be given",
    ),
    (
        "ALTER TABLE reports.settings ALTER COLUMN version DROP DEFAULT",
        "new: reports.settings.version has to be given",
    ),
    (
        "ALTER TABLE reports.settings ADD COLUMN footer text NOT NULL",
        "new: reports.settings.footer has to be given",
    ),
    (
        "ALTER TABLE webhooks.endpoints ALTER COLUMN description DROP NOT NULL",
        "no more: webhooks.endpoints.description is never NULL",
    ),
    (
        "ALTER TABLE reports.settings ADD CONSTRAINT short CHECK (char_length(brand_line) < 9) NOT VALID",
        "new: reports.settings has short: CHECK",
    ),
    (
        "ALTER TABLE reports.settings DROP CONSTRAINT settings_logo_has_type",
        "no more: reports.settings has settings_logo_has_type",
    ),
    (
        "CREATE UNIQUE INDEX once ON reports.settings (tenant_id, locale)",
        "new: reports.settings has CREATE UNIQUE INDEX once",
    ),
    (
        "DROP TABLE reports.settings CASCADE",
        "no more: reports.settings.tenant_id is uuid",
    ),
    (
        "DROP VIEW projects.published_projects",
        "no more: projects.published_projects.id is uuid",
    ),
    ("DROP FUNCTION app.enter(uuid)", "no more: app.enter("),
    (
        "REVOKE UPDATE (locale) ON reports.settings FROM svc_reports",
        "no more: svc_reports may UPDATE reports.settings.locale",
    ),
    (
        "REVOKE EXECUTE ON FUNCTION app.enter(uuid) FROM svc_projects",
        "no more: svc_projects may EXECUTE app.enter(",
    ),
    (
        "ALTER POLICY tenant_isolation ON reports.settings USING (false)",
        "new: reports.settings lets through tenant_isolation",
    ),
];

const ADDING: [&str; 7] = [
    "ALTER TABLE projects.projects ADD COLUMN note text",
    "ALTER TABLE reports.settings ADD COLUMN footer text NOT NULL DEFAULT ''",
    "ALTER TABLE reports.settings ALTER COLUMN locale SET DEFAULT 'en'",
    "CREATE INDEX by_locale ON reports.settings (tenant_id, locale)",
    "CREATE TABLE reports.footers (tenant_id uuid NOT NULL, text text NOT NULL, PRIMARY KEY (tenant_id))",
    "CREATE FUNCTION app.enter(uuid, text) RETURNS void LANGUAGE sql AS 'SELECT app.enter($1)'",
    "GRANT SELECT ON webhooks.endpoints TO svc_reports",
];

/// What `sql` takes away from a database of the newest schema.
async fn taken_by(sql: &str) -> Vec<String> {
    let database = TestDatabase::new().await;
    let before = Surface::of(&database).await;
    change(&database, sql).await;
    before.breaches(&Surface::of(&database).await)
}

#[tokio::test]
async fn what_takes_something_away_is_named() {
    for (sql, expected) in TAKING {
        let breaches = taken_by(sql).await;
        let named = breaches.iter().any(|breach| breach.starts_with(expected));
        assert!(named, "{sql}: {breaches:#?}");
    }
}

#[tokio::test]
async fn what_only_adds_passes() {
    for sql in ADDING {
        let breaches = taken_by(sql).await;
        assert!(breaches.is_empty(), "{sql}: {breaches:#?}");
    }
}

/// A rule that holds for new rows, and is then found to hold for the old ones, is the same rule.
#[tokio::test]
async fn a_rule_that_is_validated_is_none_that_is_new() {
    let database = TestDatabase::new().await;
    let rule = "ALTER TABLE reports.settings ADD CONSTRAINT named CHECK (locale <> '') NOT VALID";
    change(&database, rule).await;
    let before = Surface::of(&database).await;
    let validate = "ALTER TABLE reports.settings NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE reports.settings VALIDATE CONSTRAINT named;
        ALTER TABLE reports.settings FORCE ROW LEVEL SECURITY";
    change(&database, validate).await;
    let breaches = before.breaches(&Surface::of(&database).await);
    assert!(breaches.is_empty(), "{breaches:#?}");
}
